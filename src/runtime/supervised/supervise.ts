import { MetricsError } from '../../model/errors.js'
import { checkOptions, refuseNull } from '../../model/known-options.js'
import { held } from '../../platform/held.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { yieldRegisteredPort } from '../../preload/registration.js'
import { hooksFrom } from '../../supervisor/hooks-module.js'
import { settings as everySetting } from '../../supervisor/settings/settings.js'
import { handleSignals } from '../../supervisor/signal-handling.js'
import type { Supervisor } from '../../supervisor/supervisor.js'
import { composeSupervisor } from './composition.js'
import { checkPrimary, type Hooks } from './hooks.js'
import { configurationFrom } from './layered-configuration.js'
import { type SuperviseOptions, superviseOptions } from './options.js'

/**
 * Makes this process the supervisor of an application: starts its workers on node:cluster, restarts those that end, and
 * answers scrapes on a separate port. Does the same as `promhive run`, in your own primary.
 *
 * @experimental
 * @returns the supervisor, when every worker serves
 * @throws MetricsError `OPTION_INVALID`, with the name of the setting; `DIRECTORY_UNUSABLE`; `BACKEND_DIFFERS` if a
 * worker counts in another backend; `START_FAILED` if no worker could be started
 * @example
 * import cluster from 'node:cluster'
 * import { supervise } from 'promhive/supervisor'
 * if (cluster.isPrimary) {
 *   const supervisor = await supervise({ workers: 4, hooks: { workerExited: ({ worker, exit }) => console.log(worker.id, exit.reason) } })
 *   console.log(`metrics at ${supervisor.metricsUrl}`)
 * } else {
 *   await import('../../server.js')
 * }
 */
export function supervise(options: SuperviseOptions = {}): Promise<Supervisor> {
  return held(superviseNow(options))
}

async function superviseNow(options: SuperviseOptions): Promise<Supervisor> {
  refuseNull('supervise', options)
  const { exec, args, execArgv = [], hooks, signals = true, logger, config, ...code } = options
  checkPrimary('supervise', hooks)
  checkOptions('supervise', options, { ...everySetting, ...superviseOptions })
  const configuration = await configurationFrom({ environment: processEnvironment(), code }, config)
  const all = { ...(await hooksFrom(configuration)), ...hooks } as Hooks
  const supervisor = composeSupervisor(configuration, { exec, args, execArgv, hooks: all, logger })
  if (configuration.settings.metrics) await yieldRegisteredPort()
  const stopListening = signals ? handleSignals(supervisor) : undefined
  void supervisor.done.then(stopListening)
  await supervisor.start()
  if (!supervisor.gaveUp) return supervisor
  if (supervisor.refusal !== undefined) throw new MetricsError('BACKEND_DIFFERS', supervisor.refusal)
  const file = exec ?? process.argv[1]
  throw new MetricsError('START_FAILED', `supervise: no worker of ${file} has ever served; its own errors are above`)
}
