/*
 * Node's timers and clocks as they were when promhive was loaded. Fake timers (Jest, Vitest, Sinon, node:test) replace the
 * global functions and those of node:timers; a scrape that waited for a replaced one would never end.
 */

type Globals = typeof globalThis

/** The function that fake timers replaced before promhive was loaded: Sinon's, and so Jest's and Vitest's, keep it. */
function original<K extends keyof Globals>(name: K): Globals[K] {
  const present = globalThis[name] as Globals[K] & { readonly clock?: Readonly<Record<string, Globals[K]>> }
  return present.clock?.[`_${String(name)}`] ?? present
}

export const setTimeout = original('setTimeout')
export const clearTimeout = original('clearTimeout')
export const setInterval = original('setInterval')
export const clearInterval = original('clearInterval')
export const setImmediate = original('setImmediate')
export const clearImmediate = original('clearImmediate')

const { performance } = globalThis
const { now } = performance

/** Milliseconds on a monotonic clock: for intervals and time limits. */
export function monotonicNow(): number {
  return now.call(performance)
}
