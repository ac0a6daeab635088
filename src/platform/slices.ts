import { monotonicNow, setImmediate } from './timers.js'

/** Milliseconds of one slice of work for which no scrape waits; only a few of them run at the same time. */
export const backgroundSlice = 4

/** Cuts long work into slices, so that it never blocks the event loop for long. */
export class Slices {
  private began = monotonicNow()

  /**
   * @param milliseconds the length of one slice; several slices and a garbage collection may run in one turn of the
   * loop, and the limit for all is 10 ms
   */
  constructor(private readonly milliseconds = 1.5) {}

  due(): boolean {
    return monotonicNow() - this.began > this.milliseconds
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.began = monotonicNow()
  }
}

/** Runs small steps, in slices. */
export async function inSlices(steps: Iterable<void>): Promise<void> {
  const pause = new Slices(backgroundSlice)
  for (const _ of steps) if (pause.due()) await pause.rest()
}
