import { checkOptions } from '../../model/known-options.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { type Logger, standardLogger } from '../log.js'
import { backendEnvironment } from '../settings/backend-settings.js'
import { settings as everySetting, type Settings } from '../settings/settings.js'
import { targetEnvironment } from '../settings/target-settings.js'

/** The settings that are passed to the application under gunicorn's names. */
const variables = { workers: 'GUNICORN_WORKERS', bind: 'GUNICORN_BIND', workerClass: 'GUNICORN_WORKER_CLASS' } as const

/** Settings that may contain passwords, which workers do not need. */
const secrets = { redisPassword: undefined, backendConfig: undefined, exporters: undefined }

/** gunicorn's value for a setting that is not set. */
const silent: Readonly<Record<string, unknown>> = { workers: 1, bind: '', workerClass: 'sync' }

/**
 * Passes settings of the primary to workers, in their environment.
 *
 * @experimental
 */
export class EnvironmentManager {
  constructor(readonly logger: Logger = standardLogger) {}

  /**
   * Sets `GUNICORN_WORKERS`, `GUNICORN_BIND` and `GUNICORN_WORKER_CLASS` to the values of the command line, if it has
   * any.
   *
   * @param environment the environment to change; by default that of this process
   * @returns the variables that were set
   * @throws MetricsError `OPTION_INVALID` for a setting that does not exist
   */
  updateFromCli(
    settings: Partial<Pick<Settings, 'workers' | 'bind' | 'workerClass'>> = {},
    environment: NodeJS.ProcessEnv = processEnvironment(),
  ): readonly string[] {
    checkOptions('updateFromCli', settings, everySetting)
    const set: string[] = []
    for (const [name, variable] of Object.entries(variables)) {
      const value = settings[name as keyof typeof variables]
      if (value === undefined || environment[variable] === String(value)) continue
      // Without a value, a variable with another value stays unchanged.
      if (value === silent[name] && (value === '' || !environment[variable])) continue
      environment[variable] = String(value)
      set.push(variable)
    }
    if (set.length > 0) this.logger.info(`set ${set.join(', ')} from the command line`)
    return set
  }
}

/**
 * Returns the environment of a worker: the resulting settings, under the names that applications and libraries read, so
 * that settings are resolved once.
 */
export function workerEnvironment(settings: Settings): Record<string, string> {
  const { workers, bind, workerClass, port, host, compat, metrics, perWorker, register, logLevel, logFormat } = settings
  const environment: Record<string, string> = {
    PROMHIVE_CONFIGURATION: JSON.stringify({ ...settings, ...secrets }),
    PROMETHEUS_METRICS_PORT: String(port),
    PROMETHEUS_BIND_ADDRESS: host,
    GUNICORN_WORKERS: String(workers),
    PROMHIVE_COMPAT: compat,
    PROMHIVE_PER_WORKER: String(perWorker),
    PROMHIVE_LOG: `${logLevel}:${logFormat}`,
    ...backendEnvironment(settings),
    ...targetEnvironment(settings),
  }
  // The supervisor has the port.
  if (metrics) environment.PROMHIVE_METRICS_PORT = 'off'
  if (register && compat === 'gunicorn') environment.PROMHIVE_HTTP_NAMES = 'gunicorn'
  const [, address, bound] = /^(?:(.*):)?(\d+)$/.exec(bind) ?? []
  // An IPv6 address has brackets in a URL only.
  const listening = address?.replace(/^\[(.*)\]$/, '$1') || '0.0.0.0'
  if (bound !== undefined) Object.assign(environment, { GUNICORN_BIND: bind, PORT: bound, HOST: listening })
  if (workerClass !== 'sync') environment.GUNICORN_WORKER_CLASS = workerClass
  return environment
}
