import type { Readiness } from '../gather/readiness.js'
import type { SupervisedWorker } from './lifecycle.js'

/**
 * Returns the readiness of an application under a supervisor: a worker serves. Whether the metrics can be read does not
 * matter, because an orchestrator sends no requests to an application that is not ready.
 */
export function servingReadiness(workers: readonly Pick<SupervisedWorker, 'state'>[]): Readiness {
  const serving = workers.filter((worker) => worker.state() === 'running').length
  const ready = serving > 0
  return { ready, text: `${ready ? 'ready' : 'not ready'}: ${serving} of ${workers.length} workers serve` }
}
