/*
 * Replaces src/platform/timers.ts, for a test that moves the clock of promhive itself: the functions that are global when
 * they are called. `vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))`
 */

type Globals = typeof globalThis

export const setTimeout = ((...args: Parameters<Globals['setTimeout']>) =>
  globalThis.setTimeout(...args)) as Globals['setTimeout']
export const setInterval = ((...args: Parameters<Globals['setInterval']>) =>
  globalThis.setInterval(...args)) as Globals['setInterval']
export const setImmediate = ((...args: Parameters<Globals['setImmediate']>) =>
  globalThis.setImmediate(...args)) as Globals['setImmediate']
export const clearTimeout: Globals['clearTimeout'] = (timer) => globalThis.clearTimeout(timer)
export const clearInterval: Globals['clearInterval'] = (timer) => globalThis.clearInterval(timer)
export const clearImmediate: Globals['clearImmediate'] = (immediate) => globalThis.clearImmediate(immediate)

export function monotonicNow(): number {
  return globalThis.performance.now()
}
