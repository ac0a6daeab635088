import { startOwnThread } from '../../platform/own-thread.js'
import { setTimeout } from '../../platform/timers.js'
import { type Assignment, beatEvery } from '../messages.js'
import type { ReportOptions } from './diagnostic-report.js'

/** The data of the monitoring thread. */
export interface WatcherData extends ReportOptions {
  /** Changes with every beat of the main thread. */
  readonly beats: Int32Array
  /** Milliseconds without a beat after which the main thread counts as blocked. */
  readonly after: number
  readonly worker: number
}

/** A thread that can report where the main thread is blocked. */
export class Watcher {
  private readonly beats = new Int32Array(new SharedArrayBuffer(4))

  constructor({ timeout, worker, reportDir, reportEnvironment }: Assignment, monitor: string) {
    // Shortly before the supervisor kills the worker, so that the report is complete by then.
    const after = Math.max(timeout * 1000 - beatEvery / 2, beatEvery * 1.5)
    const workerData: WatcherData = { beats: this.beats, after, worker, reportDir, reportEnvironment }
    // Starts after the application has loaded.
    setTimeout(() => {
      const thread = startOwnThread(monitor, workerData, {
        resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
      })
      // A process that cannot be monitored works as well.
      thread.on('error', () => {})
    }, beatEvery).unref()
  }

  beat(): void {
    Atomics.add(this.beats, 0, 1)
  }
}
