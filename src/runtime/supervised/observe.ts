import { checkOptions, refuseNull } from '../../model/known-options.js'
import { held } from '../../platform/held.js'
import { packageVersion } from '../../platform/package-version.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { yieldRegisteredPort } from '../../preload/registration.js'
import { ClusterObserver } from '../../supervisor/cluster-observer.js'
import { checkHooks, hooksFrom } from '../../supervisor/hooks-module.js'
import type { LifecycleHooks } from '../../supervisor/lifecycle.js'
import { encryptionOf } from '../../supervisor/settings/encryption-settings.js'
import { settings as everySetting } from '../../supervisor/settings/settings.js'
import { processContext } from '../current-context.js'
import { targetsOfApplication } from '../targets/targets-in.js'
import { exportersOf } from './configured-exporters.js'
import { checkPrimary } from './hooks.js'
import { configurationFrom } from './layered-configuration.js'
import { type ObserveOptions, observeOptions } from './options.js'
import { forward } from './redis-forwarding.js'
import { openLog } from './supervisor-log.js'
import { chooseBackendOf, chooseSeriesOf, shareWithWorkers } from './workers-directory.js'

/**
 * Observes the workers that this primary starts itself with `cluster.fork()`: numbers them, shows the kernel's numbers
 * of each, calls hooks, and answers scrapes on a separate port. It starts, restarts and ends no worker.
 *
 * @experimental
 * @throws MetricsError `OPTION_INVALID`, with the name of the setting; `DIRECTORY_UNUSABLE`
 * @example
 * const observer = await observe({ hooks: { workerExited: () => cluster.fork() } })
 * cluster.fork()
 * console.log(`metrics at ${observer.metricsUrl}`)
 */
export function observe(options: ObserveOptions = {}): Promise<ClusterObserver> {
  return held(observeNow(options))
}

async function observeNow(options: ObserveOptions): Promise<ClusterObserver> {
  refuseNull('observe', options)
  const { hooks: hooksInCode, logger, config, ...code } = options
  checkPrimary('observe', hooksInCode)
  checkOptions('observe', options, { ...everySetting, ...observeOptions })
  const configuration = await configurationFrom({ environment: processEnvironment(), code }, config)
  const { settings } = configuration
  const hooks = { ...(await hooksFrom(configuration)), ...hooksInCode }
  checkHooks(hooks)
  const log = openLog(configuration, logger)
  // Set for the workers as well, which inherit this environment.
  chooseBackendOf(configuration)
  chooseSeriesOf(configuration)
  Object.assign(processEnvironment(), shareWithWorkers(configuration, undefined))
  const observer = new ClusterObserver({
    settings,
    registry: processContext().registry,
    tls: encryptionOf(configuration),
    version: packageVersion,
    forward,
    exporters: exportersOf(settings),
    routes: [targetsOfApplication()],
    hooks: hooks as LifecycleHooks,
    logger: log,
  })
  if (settings.metrics) await yieldRegisteredPort()
  await observer.start()
  return observer
}
