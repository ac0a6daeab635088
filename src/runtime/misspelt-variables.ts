import { nearest } from '../model/nearest-name.js'
import { isServiceVariable } from '../model/service-link.js'
import { variables } from '../platform/environment.js'

const prefix = 'PROMHIVE_'

/**
 * The variables of promhive that only the supervisor and Redis read, without their prefix. Listed again, because their
 * tables are long, and a process that only counts would load and bundle them for their names.
 */
const others = [
  'BIND COMPAT GRACEFUL_TIMEOUT GROUP HOOKS MAX_REQUESTS MAX_REQUESTS_JITTER MAX_RSS METRIC_PREFIX METRICS_PATH',
  'METRICS_PORT_ATTEMPTS PID_FILE REGISTER REPORT REPORT_DIR REPORT_ENVIRONMENT SSL_CERTFILE SSL_CLIENT_AUTH_REQUIRED',
  'SSL_CLIENT_CAFILE SSL_CLIENT_CAPATH SSL_KEYFILE START_TIMEOUT TIMEOUT USER WORKERS',
  'REDIS_CA_FILE REDIS_CERT_FILE REDIS_CLOSE_TIMEOUT REDIS_COMMAND_TIMEOUT REDIS_CONNECT_TIMEOUT REDIS_DB',
  'REDIS_DEAD_AFTER REDIS_EXPIRE_KEY_TIME REDIS_FLUSH_INTERVAL REDIS_HOST REDIS_INSTANCE REDIS_KEY_FILE',
  'REDIS_KEY_PREFIX REDIS_PASSWORD REDIS_PER_HOST REDIS_PORT REDIS_READ_FROM REDIS_SCOPE REDIS_SCRAPE_TIMEOUT',
  'REDIS_SENTINEL_NAME REDIS_SENTINEL_PASSWORD REDIS_SENTINEL_TLS REDIS_SENTINEL_USERNAME REDIS_SENTINELS',
  'REDIS_SHARDS REDIS_TLS REDIS_URL REDIS_USERNAME',
].flatMap((line) => line.split(' '))

/** All environment variables of promhive, by its own names. */
export const promhiveVariables: ReadonlySet<string> = new Set<string>([
  ...Object.values(variables).flat(),
  ...others.map((name) => prefix + name),
])

/** Returns the variables that were not set by Kubernetes, for example for a service named `promhive`. */
export function ownVariables(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => (isServiceVariable(name, value) ? [] : [name]))
}

/**
 * Returns a sentence for each variable that is probably a misspelt one of promhive. The application may have variables
 * with promhive's prefix as well, so a name must differ in a few letters only.
 */
export function misspeltVariables(environment: NodeJS.ProcessEnv): string[] {
  return ownVariables(environment).flatMap((name) => {
    if (!name.startsWith(prefix) || promhiveVariables.has(name)) return []
    const meant = nearest(name, promhiveVariables, name.length - prefix.length > 5 ? 2 : 1)
    return meant === undefined ? [] : [`there is no variable ${name}; did you mean ${meant}?`]
  })
}
