import { monotonicNow, setImmediate } from './timers.js'

/** Milliseconds of one slice of work that no scrape waits for: there are few of them at a time. */
export const backgroundSlice = 4

/** Cuts long work into slices, so that it never holds the event loop for long. */
export class Slices {
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

/** Takes small steps, in slices. */
export async function inSlices(steps: Iterable<void>): Promise<void> {
  const pause = new Slices(backgroundSlice)
  for (const _ of steps) if (pause.due()) await pause.rest()
}
