import { MetricsError } from '../../model/errors.js'
import { maskAddress } from '../../model/mask-credentials.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { redisConfigFromEnvironment } from '../../runtime/backend/backend-choice.js'
import type { RedisLocation } from '../../store/redis/client/redis-address.js'
import { readRedisUrl } from '../../store/redis/client/redis-url.js'
import type { RedisSentinels } from '../../store/redis/client/sentinels.js'
import { withEnvironment } from '../../store/redis/environment-options.js'
import { Keys } from '../../store/redis/keys.js'
import {
  checkRedisOptions,
  type RedisBackendSettings,
  type RedisOptions,
  settingsOf,
} from '../../store/redis/options.js'
import { sentinelPlace } from '../../store/redis/sentinel-options.js'
import type { OptionTable } from '../options.js'

/** The options of a command that reads a service in Redis. */
export const redisOptions = {
  redis: { type: 'string' },
  prefix: { type: 'string' },
  'redis-ca-file': { type: 'string' },
  'redis-cert-file': { type: 'string' },
  'redis-key-file': { type: 'string' },
  'dead-after': { type: 'string' },
  'expire-key-time': { type: 'string' },
} as const satisfies OptionTable

type RedisValues = { readonly [K in keyof typeof redisOptions]?: string }

/** The part of the usage text of commands with these options. */
export const redisUsage = `  --redis URL    read the service in this Redis instead of a directory (PROMHIVE_REDIS_URL): redis://host:6379/0,
                 rediss:// for TLS, unix:///run/redis.sock. Put a URL with a password into the variable:
                 other users of the machine can read command lines
                 The address may also come from PROMHIVE_REDIS_HOST or PROMHIVE_REDIS_SENTINELS
  --prefix NAME  its keyPrefix; default: promhive (PROMHIVE_REDIS_KEY_PREFIX)
  --redis-ca-file FILE, --redis-cert-file FILE, --redis-key-file FILE
                 with rediss://: the CA of the server's certificate, and the client's certificate and key
                 (PROMHIVE_REDIS_CA_FILE, PROMHIVE_REDIS_CERT_FILE, PROMHIVE_REDIS_KEY_FILE)
  --dead-after S, --expire-key-time S
                 deadAfter and expireKeyTime of the application; defaults: 15 and 3600
                 (PROMHIVE_REDIS_DEAD_AFTER, PROMHIVE_REDIS_EXPIRE_KEY_TIME)`

/** The variable of each option. */
const variables = {
  redis: 'PROMHIVE_REDIS_URL',
  prefix: 'PROMHIVE_REDIS_KEY_PREFIX',
  'redis-ca-file': 'PROMHIVE_REDIS_CA_FILE',
  'redis-cert-file': 'PROMHIVE_REDIS_CERT_FILE',
  'redis-key-file': 'PROMHIVE_REDIS_KEY_FILE',
  'dead-after': 'PROMHIVE_REDIS_DEAD_AFTER',
  'expire-key-time': 'PROMHIVE_REDIS_EXPIRE_KEY_TIME',
} as const satisfies Record<keyof typeof redisOptions, string>

/** Other variables for the address of Redis. */
const addresses = ['PROMHIVE_REDIS_HOST', 'PROMHIVE_REDIS_SENTINELS'] as const

/** A service in Redis that a command line names. */
export interface RedisTarget {
  readonly place: RedisLocation | RedisSentinels
  readonly settings: RedisBackendSettings
  /** The address without credentials, and the prefix. */
  readonly name: string
}

/**
 * Returns the service that the options or the environment name; undefined if a directory is meant.
 *
 * @param directory the directory that the command line names
 * @throws MetricsError `OPTION_INVALID`
 */
export function redisTarget(values: RedisValues, directory: string | undefined): RedisTarget | undefined {
  const namedOptions = Object.keys(redisOptions).filter((name) => values[name as keyof RedisValues] !== undefined)
  if (directory !== undefined) {
    if (namedOptions.length === 0) return undefined
    throw new MetricsError(
      'OPTION_INVALID',
      `--${namedOptions[0]} and a directory exclude each other; leave one of them out`,
    )
  }
  const environment = environmentWith(values)
  const config = configOf(values)
  if (config === undefined && ![variables.redis, ...addresses].some((name) => environment[name])) {
    if (namedOptions.length === 0) return undefined
    throw new MetricsError('OPTION_INVALID', `--${namedOptions[0]} goes with --redis URL, or PROMHIVE_REDIS_URL`)
  }
  for (const name of ['dead-after', 'expire-key-time'] as const) checkSeconds(values[name], `--${name}`)
  const options = { ...withEnvironment(config ?? {}, environment), ...overConfig(values, config) }
  const checked = checkRedisOptions(values.prefix === undefined ? options : { ...options, keyPrefix: values.prefix })
  const settings = settingsOf(checked)
  // Checks the prefix.
  new Keys(settings.keyPrefix)
  const sentinels = sentinelPlace(options)
  if (sentinels !== undefined) {
    return { place: sentinels, settings, name: `sentinel ${sentinels.name} ${settings.keyPrefix}` }
  }
  const { url = 'redis://127.0.0.1:6379' } = checked
  const place = readRedisUrl(values.redis === undefined ? variables.redis : '--redis', url, checked.tls)
  return { place, settings, name: `${maskAddress(url)} ${settings.keyPrefix}` }
}

/** The options of an application that a URL on the command line replaces. */
const addressOptions: readonly (keyof RedisOptions)[] = [
  ...(['url', 'host', 'port', 'db', 'username', 'password', 'tls', 'client', 'readFrom'] as const),
  ...(['sentinels', 'name', 'sentinelUsername', 'sentinelPassword', 'sentinelTls'] as const),
]

/** Returns the options of the application, if its environment chooses Redis. */
function configOf(values: RedisValues): RedisOptions | undefined {
  const config = redisConfigFromEnvironment()
  if (config === undefined || values.redis === undefined) return config
  return Object.fromEntries(Object.entries(config).filter(([name]) => !addressOptions.includes(name as never)))
}

/** Overrides the options of the application by those of the command line. */
function overConfig(values: RedisValues, config: RedisOptions | undefined): RedisOptions {
  if (config === undefined) return {}
  const files = {
    caFile: values['redis-ca-file'],
    certFile: values['redis-cert-file'],
    keyFile: values['redis-key-file'],
  }
  const named = Object.entries(files).filter(([, file]) => file !== undefined)
  const { tls } = config
  return {
    ...(values['dead-after'] !== undefined && { deadAfter: Number(values['dead-after']) }),
    ...(values['expire-key-time'] !== undefined && { expireKeyTime: Number(values['expire-key-time']) }),
    ...(named.length > 0 && values.redis === undefined && { tls: { ...tls, ...Object.fromEntries(named) } }),
  }
}

/** Returns the environment with the options of the command line instead of their variables. */
function environmentWith(values: RedisValues): NodeJS.ProcessEnv {
  const environment = { ...processEnvironment() }
  for (const [option, variable] of Object.entries(variables) as [keyof RedisValues, string][]) {
    if (values[option] !== undefined) environment[variable] = values[option]
  }
  // A URL on the command line is the complete address; user and password may come from variables.
  if (values.redis !== undefined) for (const name of [...addresses, 'PROMHIVE_REDIS_PORT']) delete environment[name]
  return environment
}

function checkSeconds(text: string | undefined, option: string): void {
  if (text === undefined || Number(text) > 0) return
  throw new MetricsError('OPTION_INVALID', `${option} must be a number of seconds above 0, got ${JSON.stringify(text)}`)
}
