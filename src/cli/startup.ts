import { portText } from '../export/http/port-text.js'
import type { Settings } from '../supervisor/settings/settings.js'

/** The facts about a started application. */
export interface Startup {
  /** The pid of the supervisor, which receives signals. */
  readonly pid: number
  readonly app: string
  readonly workers: number
  readonly settings: Settings
  readonly metricsUrl: string | undefined
  readonly pageUrl: string | undefined
  readonly statsAddress: string | undefined
  readonly directory: string | undefined
  /** A backend that is not a directory, such as `redis 127.0.0.1:6379/0 {shop}`. */
  readonly backend?: string | undefined
}

/** Returns the start lines of an application: which features are enabled, and how to observe it. */
export function startupLines({ pid, app, workers, settings, ...where }: Startup): readonly string[] {
  const { metricsUrl: url, pageUrl, statsAddress, directory, backend } = where
  const { register, compat, timeout, report, maxRequests, maxRss, user } = settings
  const on = [
    register && 'every request measured (register)',
    compat === 'gunicorn' && 'names of gunicorn’s exporter',
    timeout > 0 && `workers blocked for ${timeout} s ${report ? 'reported and ' : ''}replaced`,
    maxRequests > 0 && `replaced after ${maxRequests} requests`,
    maxRss > 0 && `replaced above ${Math.round(maxRss / 1024 / 1024)} MiB`,
    user !== '' && `run as ${user}`,
  ].filter((part) => part !== false)
  const look = [
    url === undefined && 'no metrics port is open',
    statsAddress !== undefined && `promhive stats ${statsAddress}`,
    directory !== undefined && `promhive top ${directory}`,
    redisLook(backend),
  ].filter((part) => part !== false)
  const serve = `${workers} ${workers === 1 ? 'worker serves' : 'workers serve'} ${app}`
  return [
    ...(on.length > 0 ? [`on: ${on.join('; ')}`] : []),
    ...(look.length > 0 ? [`look: ${look.join('; ')}`] : []),
    `supervisor ${pid}: ${serve}${url === undefined ? '' : `; ${portText({ url, pageUrl })}`}`,
  ]
}

/** Returns the command that shows a service in Redis, with the address of its processes. */
function redisLook(backend: string | undefined): string | false {
  const [, address, prefix] = /^redis (?:(.+) )?\{([^}]+)\}/.exec(backend ?? '') ?? []
  if (prefix === undefined) return false
  const where = address === undefined ? '' : ` (URL: that of ${address})`
  return `promhive top --redis URL --prefix ${prefix}${where}`
}
