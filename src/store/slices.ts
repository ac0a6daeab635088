import { monotonicNow, setImmediate } from '../runtime/timers.js'
import type { Pause } from './backend.js'

/** Milliseconds that the event loop is held at a time. */
const longest = 4

/** Cuts long work into slices of a few milliseconds. */
export function slices(): Pause {
  let began = monotonicNow()
  return {
    due: () => monotonicNow() - began > longest,
    async rest() {
      await new Promise((resolve) => setImmediate(resolve))
      began = monotonicNow()
    },
  }
}

/** Takes small steps, in slices. */
export async function inSlices(steps: Iterable<void>): Promise<void> {
  const pause = slices()
  for (const _ of steps) if (pause.due()) await pause.rest()
}
