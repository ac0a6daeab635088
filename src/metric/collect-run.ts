import type { AsyncLocalStorage } from 'node:async_hooks'
import { clearTimeout, setTimeout } from '../platform/timers.js'

/**
 * Milliseconds after which the resets of a `collect()` are published although it is still running. A scrape waits for
 * the same time.
 */
const longest = 5_000

/** Changes that a run publishes when it ends, or drops when it fails. */
export interface Staged {
  publish(): void
  discard(): void
}

/**
 * One call of a `collect()` that runs in every process. Each process updates its own part: resets and removals during
 * the call apply to this process only, and are published when it ends, together with the new values.
 */
export class CollectRun {
  /** Whether the call has ended. Later callbacks are no longer part of it. */
  ended = false
  /** Whether resets are staged until the end. */
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
   * Publishes the resets so far, and further ones at once, so that a call that hangs does not delay counts.
   *
   * @throws the error of the store
   */
  settle(failed = false): void {
    this.staging = false
    const parts = [...this.staged]
    this.staged.clear()
    const faults: unknown[] = []
    for (const part of parts) {
      // A change that the store refuses must not prevent the others.
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

/** The call whose code is running, up to its first await. */
let current: CollectRun | undefined
/**
 * The call of an asynchronous continuation. Created with the first asynchronous `collect()`, because it slows down
 * every promise.
 */
let contexts: AsyncLocalStorage<CollectRun | undefined> | undefined

/** Returns the `collect()` to which the running code belongs; undefined outside of any. */
export function collectRun(): CollectRun | undefined {
  const run = current ?? contexts?.getStore()
  return run?.ended === true ? undefined : run
}

/** Calls the `collect()` of a metric. */
export class CollectCaller {
  /** The running call; undefined if there is none. */
  private running: CollectRun | undefined
  private readonly collect: () => void | Promise<void>
  private asynchronous: boolean

  /** @param each whether `collect()` runs in every process */
  constructor(
    collect: (this: never) => void | Promise<void>,
    metric: object,
    private readonly each: boolean,
  ) {
    // Its `this` is the type of the metric, which the options of that type declare.
    this.collect = () => collect.call(metric as never)
    this.asynchronous = collect.constructor.name === 'AsyncFunction'
  }

  /**
   * The call to which a change of the metric belongs. While the metric's own call runs, that is every change, because
   * the callbacks of many connection pools lose the asynchronous context.
   */
  get run(): CollectRun | undefined {
    return collectRun() ?? this.running
  }

  call(): void | Promise<void> {
    // The values of `run: 'serving'` belong to the application, so resets in such a call apply to all processes.
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
      // No caller would catch the error here: it is thrown when the call ends.
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
