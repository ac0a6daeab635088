import { MetricsError } from '../../model/errors.js'
import { maskAddress } from '../../model/mask-credentials.js'
import type { RedisPlace, RedisTls } from '../../redis-client/place.js'
import { readRedisUrl } from '../../redis-client/redis-url.js'
import { Keys } from '../../store/redis/keys.js'
import { checkRedisOptions, type RedisSettings, settingsOf } from '../../store/redis/options.js'
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

/** For the usage text of each command that has them. */
export const redisUsage = `  --redis URL    read the service in this Redis instead of a directory (PROMHIVE_REDIS_URL): redis://host:6379/0,
                 rediss:// for TLS, unix:///run/redis.sock. A URL with a password belongs into the variable:
                 other users of the machine can read command lines
  --prefix NAME  its keyPrefix, promhive when left out (PROMHIVE_REDIS_KEY_PREFIX)
  --redis-ca-file FILE, --redis-cert-file FILE, --redis-key-file FILE
                 with rediss://: the CA of the server's certificate, and the client's own certificate and key
                 (PROMHIVE_REDIS_CA_FILE, PROMHIVE_REDIS_CERT_FILE, PROMHIVE_REDIS_KEY_FILE)
  --dead-after S, --expire-key-time S
                 deadAfter and expireKeyTime, as the application has them: 15 and 3600 when left out
                 (PROMHIVE_REDIS_DEAD_AFTER, PROMHIVE_REDIS_EXPIRE_KEY_TIME)`

const variables = {
  redis: 'PROMHIVE_REDIS_URL',
  prefix: 'PROMHIVE_REDIS_KEY_PREFIX',
  'redis-ca-file': 'PROMHIVE_REDIS_CA_FILE',
  'redis-cert-file': 'PROMHIVE_REDIS_CERT_FILE',
  'redis-key-file': 'PROMHIVE_REDIS_KEY_FILE',
  'dead-after': 'PROMHIVE_REDIS_DEAD_AFTER',
  'expire-key-time': 'PROMHIVE_REDIS_EXPIRE_KEY_TIME',
} as const satisfies Record<keyof typeof redisOptions, string>

/** The variables that these options have. */
export const redisVariables: readonly string[] = Object.values(variables)

/** A service in Redis that a command line names. */
export interface RedisTarget {
  readonly place: RedisPlace
  readonly settings: RedisSettings
  /** The address without credentials, and the prefix. */
  readonly name: string
}

/**
 * The service that the options or the environment name; undefined where a directory is meant.
 *
 * @param directory the directory that the command line names
 * @throws MetricsError `OPTION_INVALID`
 */
export function redisTarget(values: RedisValues, directory: string | undefined): RedisTarget | undefined {
  const own = Object.keys(redisOptions).filter((name) => values[name as keyof RedisValues] !== undefined)
  if (directory !== undefined) {
    if (own.length === 0) return undefined
    throw new MetricsError('OPTION_INVALID', `--${own[0]} and a directory exclude each other; leave one of them out`)
  }
  const url = given(values, 'redis')
  if (url === undefined) {
    if (own.length === 0) return undefined
    throw new MetricsError('OPTION_INVALID', `--${own[0]} goes with --redis URL, or PROMHIVE_REDIS_URL`)
  }
  const tls = tlsOf(values)
  const place = readRedisUrl(values.redis === undefined ? variables.redis : '--redis', url, tls)
  const keyPrefix = given(values, 'prefix')
  const deadAfter = secondsOf(values, 'dead-after')
  const expireKeyTime = secondsOf(values, 'expire-key-time')
  const settings = settingsOf(checkRedisOptions({ url, tls, keyPrefix, deadAfter, expireKeyTime }))
  // Checks the prefix.
  new Keys(settings.keyPrefix)
  return { place, settings, name: `${maskAddress(url)} ${settings.keyPrefix}` }
}

function given(values: RedisValues, name: keyof RedisValues): string | undefined {
  return values[name] ?? (process.env[variables[name]] || undefined)
}

function tlsOf(values: RedisValues): RedisTls | undefined {
  const [caFile, certFile, keyFile] = (['redis-ca-file', 'redis-cert-file', 'redis-key-file'] as const).map((name) =>
    given(values, name),
  )
  if (caFile === undefined && certFile === undefined && keyFile === undefined) return undefined
  return { caFile, certFile, keyFile }
}

function secondsOf(values: RedisValues, name: 'dead-after' | 'expire-key-time'): number | undefined {
  const text = given(values, name)
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (seconds > 0) return seconds
  const what = values[name] === undefined ? variables[name] : `--${name}`
  throw new MetricsError('OPTION_INVALID', `${what} must be a number of seconds above 0, got ${JSON.stringify(text)}`)
}
