import { MetricsError, reasonOf } from '../model/errors.js'
import { isPromiseLike } from '../model/promise-like.js'
import { clearTimeout, monotonicNow, setTimeout } from '../platform/timers.js'

/** Milliseconds for which a scrape waits for the `collect()` of one metric, or the `get()` of a plug-in's metric. */
const timeout = 5_000

/** Runs a metric's `collect()`. A failure or a timeout affects only this metric. */
export async function runCollect(
  metric: { readonly name: string; readonly collect?: (() => void | Promise<void>) | undefined },
  onError: (error: MetricsError) => void,
): Promise<void> {
  if (metric.collect === undefined) return
  try {
    await oneAtATime(metric, metric.collect)
  } catch (cause) {
    const text = `collect() of ${metric.name} failed (${reasonOf(cause)}); its last values are served`
    onError(new MetricsError('COLLECT_FAILED', text, { cause }))
  }
}

/** Waits for application code, with the timeout of a scrape. */
export async function withinTimeout<T>(running: T | PromiseLike<T>): Promise<T> {
  if (!isPromiseLike(running)) return running
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeout} ms`)), timeout).unref()
  })
  return Promise.race([running, late]).finally(() => clearTimeout(timer))
}

const running = new WeakMap<object, { readonly since: number; readonly called: Promise<unknown> }>()

/**
 * Calls application code, and waits for it. While a call of the same owner runs, other callers wait for that one. After
 * a timeout, it is neither awaited nor called again until it ends.
 */
export async function oneAtATime<T>(owner: object, call: () => T | PromiseLike<T>): Promise<T> {
  const before = running.get(owner)
  if (before !== undefined && monotonicNow() - before.since > timeout)
    throw new Error('its last call has not ended yet')
  if (before !== undefined) return withinTimeout(before.called as Promise<T>)
  const called = Promise.resolve(call())
  running.set(owner, { since: monotonicNow(), called })
  const ended = (): boolean => running.delete(owner)
  called.then(ended, ended)
  return withinTimeout(called)
}
