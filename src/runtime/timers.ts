/*
 * Node's timers and clocks as they were when promhive was loaded. Fake timers (Jest, Vitest, Sinon, node:test) replace the
 * global functions and those of node:timers later; a scrape that waited for a replaced one would never end.
 */

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = globalThis

const { performance } = globalThis
const { now } = performance

/** Milliseconds on a clock that nothing sets back: for intervals and time limits. */
export function monotonicNow(): number {
  return now.call(performance)
}
