import { checkOptions, refuseNull } from '../../model/known-options.js'
import { held } from '../../platform/held.js'
import { yieldRegisteredPort } from '../../preload/registration.js'
import { Attendant } from '../../supervisor/cluster-observer.js'
import { checkHooks, hooksFrom } from '../../supervisor/hooks-module.js'
import type { Hooks as HooksOf } from '../../supervisor/lifecycle.js'
import { encryptionOf } from '../../supervisor/settings/encryption-settings.js'
import { settings as everySetting } from '../../supervisor/settings/settings.js'
import { processHome } from '../current-context.js'
import { packageVersion } from '../package-files.js'
import { checkPrimary } from './hooks.js'
import { configurationFrom } from './layered-configuration.js'
import { type AttendOptions, attendOptions } from './options.js'
import { forward } from './redis-forwarding.js'
import { openLog } from './supervisor-log.js'
import { chooseBackendOf, shareWithWorkers } from './workers-directory.js'

/**
 * Attends to the workers that this primary starts itself with `cluster.fork()`: numbers them, shows what the kernel tells
 * of each, calls hooks, and answers scrapes on a port of its own. It starts, restarts and ends nobody.
 *
 * @experimental
 * @throws MetricsError `OPTION_INVALID`, naming the setting; `DIRECTORY_UNUSABLE`
 * @example
 * const attendant = await attend({ hooks: { workerExited: () => cluster.fork() } })
 * cluster.fork()
 * console.log(`metrics at ${attendant.metricsUrl}`)
 */
export function attend(options: AttendOptions = {}): Promise<Attendant> {
  return held(attendNow(options))
}

async function attendNow(options: AttendOptions): Promise<Attendant> {
  refuseNull('attend', options)
  const { hooks: given, logger, config, ...code } = options
  checkPrimary('attend', given)
  checkOptions('attend', options, { ...everySetting, ...attendOptions })
  const configuration = await configurationFrom({ environment: process.env, code }, config)
  const { settings } = configuration
  const hooks = { ...(await hooksFrom(configuration)), ...given }
  checkHooks(hooks)
  const log = openLog(configuration, logger)
  // Set for the workers as well: they are started from this environment.
  chooseBackendOf(configuration)
  Object.assign(process.env, shareWithWorkers(configuration, undefined))
  const attendant = new Attendant({
    settings,
    registry: processHome().registry,
    tls: encryptionOf(configuration),
    version: packageVersion(),
    forward,
    hooks: hooks as HooksOf,
    logger: log,
  })
  if (settings.metrics) await yieldRegisteredPort()
  await attendant.start()
  return attendant
}
