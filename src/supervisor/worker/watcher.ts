import { Worker } from 'node:worker_threads'
import { setTimeout } from '../../platform/timers.js'
import { type Assignment, beatEvery } from '../messages.js'
import type { ReportOptions } from './diagnostic-report.js'

/** A message to the thread that watches. */
export interface WatcherData extends ReportOptions {
  /** Turns with every beat of the main thread. */
  readonly beats: Int32Array
  /** Milliseconds without a beat after which the main thread counts as blocked. */
  readonly after: number
  readonly worker: number
}

/** A thread beside the application's, which can report where the main thread is when that is blocked. */
export class Watcher {
  private readonly beats = new Int32Array(new SharedArrayBuffer(4))

  constructor({ timeout, worker, reportDir, reportEnvironment }: Assignment, monitor: string) {
    // Shortly before the supervisor kills: the report is to be there by then.
    const after = Math.max(timeout * 1000 - beatEvery / 2, beatEvery * 1.5)
    const workerData: WatcherData = { beats: this.beats, after, worker, reportDir, reportEnvironment }
    // Not while the application loads.
    setTimeout(() => {
      const thread = new Worker(monitor, {
        workerData,
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
      })
      thread.unref()
      // A process that cannot be watched works all the same.
      thread.on('error', () => {})
    }, beatEvery).unref()
  }

  beat(): void {
    Atomics.add(this.beats, 0, 1)
  }
}
