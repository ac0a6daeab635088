import { monotonicNow } from '../../platform/timers.js'

/** One of them stops while the machine sleeps, the other one can be set. */
export function clocks(): { readonly monotonic: number; readonly wall: number } {
  return { monotonic: monotonicNow(), wall: Date.now() }
}
