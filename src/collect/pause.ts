import { monotonicNow, setImmediate } from '../runtime/timers.js'
import type { Pause } from '../store/backend.js'

/** Cuts long work into slices, so that a scrape never holds the event loop for long. */
export class Slices implements Pause {
  private began = monotonicNow()

  /** @param milliseconds how long one slice may last; several may meet in one turn of the loop, with a collection of garbage, and 10 ms is the promise */
  constructor(private readonly milliseconds = 1.5) {}

  due(): boolean {
    return monotonicNow() - this.began > this.milliseconds
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.began = monotonicNow()
  }
}
