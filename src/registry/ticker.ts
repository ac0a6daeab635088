import { clearTimeout, setTimeout } from '../platform/timers.js'

/** Milliseconds between two publications of values that only this process has. */
const interval = 5_000

/** A job that a process does at intervals; at its end, only synchronous work is possible. */
export interface Job {
  run(): Promise<void>
  atExit(): void
}

/**
 * Runs the jobs of a process at intervals, and a last time when it ends. Never keeps a process running, and never runs
 * two rounds at a time.
 */
export class Ticker {
  private readonly jobs = new Set<Job>()
  private timer: NodeJS.Timeout | undefined
  private running = false
  private started = false

  /** @param wake called with the first job, so that a process that does nothing else is visible as well */
  constructor(private readonly wake: () => void = () => {}) {}

  add(job: Job): void {
    this.jobs.add(job)
    if (this.started) this.next(0)
    else if (this.jobs.size === 1) this.wake()
  }

  remove(job: Job): void {
    this.jobs.delete(job)
  }

  /** Starts a job. Its first round runs at once, so that a new process is visible soon. */
  start(): void {
    if (this.started) return
    this.started = true
    process.once('beforeExit', () => void this.round())
    // Before the process becomes visible: a writer that is not mapped flushes when the process ends.
    process.prependListener('exit', () => {
      for (const job of this.jobs) job.atExit()
    })
    if (this.jobs.size > 0) this.next(0)
  }

  /** Spreads the processes: not all of them run their jobs at the same moment. */
  private next(delay = interval * (0.9 + Math.random() * 0.2)): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.round(), delay).unref()
  }

  private async round(): Promise<void> {
    if (this.running) return
    this.running = true
    const jobs = [...this.jobs]
    await Promise.all(jobs.map((job) => job.run()))
    this.running = false
    // Jobs that were added meanwhile have their first round at once.
    if (this.jobs.size > 0) this.next([...this.jobs].some((job) => !jobs.includes(job)) ? 0 : undefined)
  }
}
