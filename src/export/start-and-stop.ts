import type { Exporter } from './contract.js'

/** Carries out the calls of `start()` and `stop()` of an exporter in order, and skips those that change nothing. */
export class StartAndStop implements Exporter {
  private started = false
  /** Settles with the last call; undefined if none is pending. */
  private last: Promise<void> | undefined

  /**
   * @param open called by `start()`. If it throws, the exporter is stopped, and has nothing open
   * @param close called by `stop()`
   */
  constructor(
    private readonly open: () => Promise<void>,
    private readonly close: () => Promise<void>,
  ) {}

  start(): Promise<void> {
    return this.inOrder(async () => {
      if (this.started) return
      this.started = true
      try {
        await this.open()
      } catch (cause) {
        this.started = false
        throw cause
      }
    })
  }

  stop(): Promise<void> {
    return this.inOrder(async () => {
      if (!this.started) return
      this.started = false
      await this.close()
    })
  }

  /** The first call begins at once; a further one waits for the calls before it. */
  private inOrder(step: () => Promise<void>): Promise<void> {
    const done = this.last === undefined ? step() : this.last.then(step)
    const last = done.then(
      () => {},
      () => {},
    )
    this.last = last
    void last.then(() => {
      if (this.last === last) this.last = undefined
    })
    return done
  }
}
