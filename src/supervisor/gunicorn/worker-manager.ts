import type { Worker } from 'node:cluster'
import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { holdAwaited } from '../../platform/held.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import type { SupervisedWorker } from '../lifecycle.js'
import { type Logger, standardLogger, textOf } from '../log.js'
import { WorkerProcess } from '../worker-process.js'

/**
 * Updates the metrics of a worker, and shuts it down.
 *
 * @experimental
 */
export class WorkerManager {
  static {
    holdAwaited(WorkerManager.prototype, 'shutdownWorker')
  }

  constructor(readonly logger: Logger = standardLogger) {}

  /**
   * Reads memory and CPU of a worker now, even if it is blocked. A worker that is neither supervised nor observed has
   * no metrics.
   *
   * @returns whether that succeeded
   */
  updateMetrics(worker: SupervisedWorker): boolean {
    try {
      worker.refresh()
      return true
    } catch (fault) {
      this.logger.warn(`the metrics of worker ${worker?.id} are as they were: ${textOf(fault)}`)
      return false
    }
  }

  /**
   * Asks a worker to finish its requests and to end. A worker that has not ended after the grace period is killed.
   *
   * @param worker a worker of a supervisor, or the result of `cluster.fork()`
   * @param grace in milliseconds
   * @returns whether it ended by itself
   * @throws MetricsError `OPTION_INVALID` if it is not a worker
   */
  async shutdownWorker(worker: SupervisedWorker | Worker, grace = 30_000): Promise<boolean> {
    const supervised = supervisedOf(worker)
    supervised.retire('stop')
    if (await endsWithin(supervised, grace)) return true
    this.logger.warn(`worker ${supervised.id} (${supervised.pid}) has not ended after ${grace / 1000} s, and is killed`)
    supervised.signal('SIGKILL')
    await supervised.exited
    return false
  }
}

function supervisedOf(worker: SupervisedWorker | Worker): SupervisedWorker {
  if (typeof (worker as SupervisedWorker | undefined)?.retire === 'function') return worker as SupervisedWorker
  const plain = worker as Worker | undefined
  if (typeof plain?.process?.kill === 'function' && typeof plain.disconnect === 'function') return ofCluster(plain)
  const text = `shutdownWorker: a worker of a supervisor or of node:cluster, got ${describe(worker)}`
  throw new MetricsError('OPTION_INVALID', text)
}

/**
 * Wraps a worker of the application's own primary. It is stopped as in node:cluster: TERM follows when its last
 * connection has ended.
 */
function ofCluster(worker: Worker): SupervisedWorker {
  const supervised = new WorkerProcess(worker.id, worker, () => {})
  supervised.over = worker.isDead()
  const exited = supervised.over ? Promise.resolve({ code: null, signal: null }) : supervised.exited
  const retire = (): void => {
    if (supervised.over) return
    if (!worker.isConnected()) return void supervised.signal('SIGTERM')
    worker.once('disconnect', () => supervised.signal('SIGTERM'))
    worker.disconnect()
  }
  return Object.assign(supervised, { exited, retire })
}

/** Whether a worker ends within this time. */
async function endsWithin(worker: SupervisedWorker, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  const ended = await Promise.race([worker.exited.then(() => true as const), late])
  clearTimeout(timer)
  return ended
}
