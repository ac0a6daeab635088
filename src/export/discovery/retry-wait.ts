import { clearTimeout, setTimeout } from '../../platform/timers.js'

/** Waits between two attempts, until it is ended. Its timers do not keep the process running. */
export class RetryWait {
  private readonly ending = new AbortController()

  /** Aborted by `end()`. */
  get signal(): AbortSignal {
    return this.ending.signal
  }

  get ended(): boolean {
    return this.signal.aborted
  }

  /** Resolves after so many milliseconds, or at once when it is ended. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.ended) return resolve()
      const timer = setTimeout(done, milliseconds).unref()
      const { signal } = this
      signal.addEventListener('abort', done)
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
    })
  }

  end(): void {
    this.ending.abort()
  }
}
