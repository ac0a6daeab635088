import { systemNow } from '../../platform/system-time.js'
import { monotonicNow } from '../../platform/timers.js'

/** Reads both clocks: the monotonic one stops while the machine sleeps, and the other one can be set. */
export function clocks(): { readonly monotonic: number; readonly wall: number } {
  return { monotonic: monotonicNow(), wall: systemNow() }
}
