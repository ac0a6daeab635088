import type { SupervisedWorker } from '../lifecycle.js'
import { type Logger, standardLogger, textOf } from '../log.js'

/** Brings a worker's metrics up to date, and a worker to its end. */
export class WorkerManager {
  constructor(readonly logger: Logger = standardLogger) {}

  /** Reads memory and CPU of a worker now, whatever it is doing. @returns whether that went well */
  updateMetrics(worker: SupervisedWorker): boolean {
    try {
      worker.refresh()
      return true
    } catch (fault) {
      this.logger.warn(`the metrics of worker ${worker.id} are as they were: ${textOf(fault)}`)
      return false
    }
  }

  /**
   * Has a worker finish what it does and end. One that has not ended after the grace is killed.
   *
   * @param grace in milliseconds
   * @returns whether it ended by itself
   */
  async shutdownWorker(worker: SupervisedWorker, grace = 30_000): Promise<boolean> {
    worker.retire('stop')
    if (await endsWithin(worker, grace)) return true
    this.logger.warn(`worker ${worker.id} (${worker.pid}) has not ended after ${grace / 1000} s, and is killed`)
    worker.signal('SIGKILL')
    await worker.exited
    return false
  }
}

/** Whether a worker ends in so many milliseconds. */
export async function endsWithin(worker: SupervisedWorker, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  const ended = await Promise.race([worker.exited.then(() => true as const), late])
  clearTimeout(timer)
  return ended
}
