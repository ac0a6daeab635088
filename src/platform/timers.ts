import { socketTimers } from './socket-timers.js'

/*
 * Node's timers and clocks as they were when promhive was loaded. Fake timers (Jest, Vitest, Sinon, node:test) replace the
 * global functions and those of node:timers; a scrape that awaits a replaced one would never end.
 */

type Globals = typeof globalThis
type Timers = typeof socketTimers

/**
 * Returns the function that fake timers replaced before promhive was loaded. Sinon's fakes, which Jest and Vitest use,
 * keep it. Those of node:test and Jest's legacy ones do not, so promhive uses its own timer.
 */
function original<K extends keyof Globals & keyof Timers>(name: K): Globals[K] {
  const present = globalThis[name] as Globals[K] & Mocked<Globals[K]>
  const kept = present.clock?.[`_${name}`]
  if (kept !== undefined) return kept
  return isMock(globalThis.setTimeout) ? (socketTimers[name] as unknown as Globals[K]) : present
}

interface Mocked<T> {
  readonly clock?: Readonly<Record<string, T>>
  readonly _isMockFunction?: boolean
}

/** node:test replaces a timer with a bound private method. */
function isMock(timer: Globals['setTimeout'] & Mocked<unknown>): boolean {
  return timer.name.startsWith('bound #') || timer._isMockFunction === true
}

export const setTimeout = original('setTimeout')
export const clearTimeout = original('clearTimeout')
export const setInterval = original('setInterval')
export const clearInterval = original('clearInterval')
export const setImmediate = original('setImmediate')
export const clearImmediate = original('clearImmediate')

// Fake timers replace `performance` and `process.hrtime`, and not this one. Loading node:perf_hooks takes a millisecond.
const { uptime } = process

/** Returns milliseconds of a monotonic clock, for intervals and timeouts. */
export function monotonicNow(): number {
  return uptime.call(process) * 1000
}
