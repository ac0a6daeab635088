import type { Logger } from '../model/logger.js'
import { clearInterval, setInterval } from '../platform/timers.js'

/** Milliseconds between two checks. */
const lookEvery = 1000

/**
 * Logs once that the parent of this process has ended. After a signal to npm, `npx promhive run` leaves the application
 * running, although it seems to have ended.
 */
export class ParentWatch {
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly logger: Logger) {}

  start(): void {
    const parent = process.ppid
    // In a container, or under systemd, process 1 is the parent from the start.
    if (parent <= 1 || this.timer !== undefined) return
    this.timer = setInterval(() => {
      if (process.ppid === parent) return
      this.stop()
      const text = `the parent process (${parent}) has ended, and the application keeps running; to stop it, send a signal to process ${process.pid}`
      this.logger.warn(text, { event: 'parentEnded', parentPid: parent })
    }, lookEvery).unref()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }
}
