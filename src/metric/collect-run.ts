import type { AsyncLocalStorage } from 'node:async_hooks'
import { clearTimeout, setTimeout } from '../platform/timers.js'

/** Milliseconds after which what a `collect()` reset is published although it still runs. As long as a scrape waits for it. */
const longest = 5_000

/** What a run publishes when it ends, or drops when it fails. */
export interface Staged {
  publish(): void
  discard(): void
}

/**
 * One call of a `collect()` that runs in every process. Each process brings up its own part: while the call lasts, what it
 * resets or removes concerns this process alone, and is published when it ends, together with the new values.
 */
export class CollectRun {
  /** Whether it has ended. A callback that it left behind is not a part of it any more. */
  ended = false
  /** Whether what is reset from now on waits for the end. */
  staging = true
  private readonly staged = new Set<Staged>()

  stage(part: Staged): void {
    this.staged.add(part)
  }

  end(failed: boolean): void {
    this.ended = true
    this.settle(failed)
  }

  /**
   * Publishes what was reset so far, and from now on at once: counts are not kept back by a call that hangs.
   *
   * @throws what the store throws
   */
  settle(failed = false): void {
    this.staging = false
    const parts = [...this.staged]
    this.staged.clear()
    const faults: unknown[] = []
    for (const part of parts) {
      // One that the store refuses keeps back no other.
      try {
        if (failed) part.discard()
        else part.publish()
      } catch (fault) {
        faults.push(fault)
      }
    }
    if (faults.length > 0) throw faults[0]
  }
}

/** The call whose code runs at this moment, up to its first await. */
let current: CollectRun | undefined
/** Which call an asynchronous continuation belongs to. Made with the first asynchronous `collect()`: it costs every promise. */
let contexts: AsyncLocalStorage<CollectRun | undefined> | undefined

/** The `collect()` that the running code belongs to; undefined outside of any. */
export function collectRun(): CollectRun | undefined {
  const run = current ?? contexts?.getStore()
  return run?.ended === true ? undefined : run
}

/** Calls a metric's `collect()`, in this process's name where it runs in every process. */
export class CollectCaller {
  /** The call that runs; undefined where there is none. */
  private running: CollectRun | undefined
  private readonly collect: () => void | Promise<void>
  private asynchronous: boolean

  /** @param each whether it runs in every process */
  constructor(
    collect: (this: never) => void | Promise<void>,
    metric: object,
    private readonly each: boolean,
  ) {
    this.collect = () => collect.call(metric as never)
    this.asynchronous = collect.constructor.name === 'AsyncFunction'
  }

  /**
   * The call that a change of the metric belongs to. While the metric's own call runs, every change does: an asynchronous
   * context is lost in the callbacks of many connection pools.
   */
  get run(): CollectRun | undefined {
    return collectRun() ?? this.running
  }

  call(): void | Promise<void> {
    // The values of `run: 'serving'` belong to the application: what such a call resets, it resets everywhere.
    const run = this.each ? new CollectRun() : undefined
    const before = current
    let returned: void | Promise<void>
    current = run
    this.running = run
    try {
      returned = this.asynchronous ? this.inContext(run) : this.collect()
    } catch (cause) {
      this.end(run, true)
      throw cause
    } finally {
      current = before
    }
    if (typeof returned?.then !== 'function') return this.end(run, false)
    this.asynchronous = true
    return this.wait(returned, run)
  }

  private inContext(run: CollectRun | undefined): void | Promise<void> {
    const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks')
    contexts ??= new AsyncLocalStorage()
    return contexts.run(run, this.collect)
  }

  private async wait(returned: Promise<void>, run: CollectRun | undefined): Promise<void> {
    const faults: unknown[] = []
    const settle = (): void => {
      // No caller would catch it: it is thrown when the call ends.
      try {
        run!.settle()
      } catch (fault) {
        faults.push(fault)
      }
    }
    const late = run && setTimeout(settle, longest).unref()
    let failed = true
    try {
      await returned
      failed = false
    } finally {
      clearTimeout(late)
      this.end(run, failed)
    }
    if (faults.length > 0) throw faults[0]
  }

  private end(run: CollectRun | undefined, failed: boolean): void {
    if (this.running === run) this.running = undefined
    run?.end(failed)
  }
}
