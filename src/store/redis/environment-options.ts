import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { isServiceLink, serviceLinkText } from '../../model/service-link.js'
import type { RedisOptions } from './options.js'
import { mostShards } from './shards.js'

type VariableReader = (text: string) => unknown

/** For error texts: what the value of a variable must be. */
const says = new Map<VariableReader, string>()

const text: VariableReader = (value) => value
/** Reads a number between two limits, inclusive. */
function number(least: number, most: number, what: string): VariableReader {
  const reader: VariableReader = (value) => {
    const parsed = /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : Number.NaN
    return parsed >= least && parsed <= most && (what.includes('seconds') || Number.isInteger(parsed))
      ? parsed
      : undefined
  }
  says.set(reader, what)
  return reader
}
const seconds = (least: number, usual: number): VariableReader =>
  number(least, 1e7, `a number of seconds from ${least} on (${usual} if unset)`)
const flag: VariableReader = (value) =>
  /^(?:1|true|t|yes|on)$/i.test(value) ? true : /^(?:0|false|f|no|off)$/i.test(value) ? false : undefined
const scope: VariableReader = (value) => (value === 'service' || value === 'instance' ? value : undefined)
says.set(scope, 'service or instance (service if unset)')
says.set(flag, 'true or false')
const list: VariableReader = (value) => value.split(',').flatMap((each) => each.trim() || [])

/** The parts of the address. If code sets one of them, all these variables are ignored. */
const address = {
  PROMHIVE_REDIS_URL: ['url', text],
  PROMHIVE_REDIS_HOST: ['host', text],
  PROMHIVE_REDIS_PORT: ['port', number(0, 65_535, 'a port from 0 to 65535 (6379 if unset)')],
  PROMHIVE_REDIS_DB: ['db', number(0, 1_000_000, 'the number of a database (0 if unset)')],
  PROMHIVE_REDIS_USERNAME: ['username', text],
  PROMHIVE_REDIS_PASSWORD: ['password', text],
  PROMHIVE_REDIS_SENTINELS: ['sentinels', list],
  PROMHIVE_REDIS_SENTINEL_NAME: ['name', text],
  PROMHIVE_REDIS_SENTINEL_USERNAME: ['sentinelUsername', text],
  PROMHIVE_REDIS_SENTINEL_PASSWORD: ['sentinelPassword', text],
} as const satisfies Readonly<Record<string, readonly [keyof RedisOptions, VariableReader]>>

/** The other options. Each option in code overrides its variable. */
const others = {
  PROMHIVE_REDIS_KEY_PREFIX: ['keyPrefix', text],
  PROMHIVE_REDIS_FLUSH_INTERVAL: ['flushInterval', seconds(0.01, 1)],
  PROMHIVE_REDIS_DEAD_AFTER: ['deadAfter', seconds(0.1, 15)],
  PROMHIVE_REDIS_EXPIRE_KEY_TIME: ['expireKeyTime', seconds(1, 3600)],
  PROMHIVE_REDIS_CONNECT_TIMEOUT: ['connectTimeout', seconds(0.01, 4)],
  PROMHIVE_REDIS_COMMAND_TIMEOUT: ['commandTimeout', seconds(0.01, 4)],
  PROMHIVE_REDIS_SCRAPE_TIMEOUT: ['scrapeTimeout', seconds(0.01, 2)],
  PROMHIVE_REDIS_CLOSE_TIMEOUT: ['closeTimeout', seconds(0.01, 2)],
  PROMHIVE_REDIS_SCOPE: ['scope', scope],
  PROMHIVE_REDIS_INSTANCE: ['instance', text],
  PROMHIVE_REDIS_PER_HOST: ['perHost', flag],
  PROMHIVE_REDIS_SHARDS: [
    'shards',
    number(1, mostShards, `a whole number of shards from 1 to ${mostShards} (1 if unset)`),
  ],
  PROMHIVE_REDIS_READ_FROM: ['readFrom', text],
} as const satisfies Readonly<Record<string, readonly [keyof RedisOptions, VariableReader]>>

const files = {
  PROMHIVE_REDIS_CA_FILE: 'caFile',
  PROMHIVE_REDIS_CERT_FILE: 'certFile',
  PROMHIVE_REDIS_KEY_FILE: 'keyFile',
} as const

/** The names of all variables that `redis()` reads. */
export const redisVariables: readonly string[] = [
  ...Object.keys(address),
  ...Object.keys(others),
  ...Object.keys(files),
  'PROMHIVE_REDIS_TLS',
  'PROMHIVE_REDIS_SENTINEL_TLS',
]

/**
 * Returns the options of code, completed by those of the environment.
 *
 * @param ignored called with a line for the log about a variable that Kubernetes has set
 * @throws MetricsError `OPTION_INVALID`, with the name of the variable
 */
export function withEnvironment(
  options: RedisOptions,
  environment: NodeJS.ProcessEnv,
  ignored: (text: string) => void = () => {},
): RedisOptions {
  const read = (table: typeof address | typeof others): RedisOptions =>
    Object.fromEntries(
      Object.entries(table).flatMap(([variable, [option, reader]]) => {
        const value = environment[variable]
        if (value === undefined || value === '' || isSet(options, option)) return []
        if (isServiceLink(variable, value)) {
          ignored(serviceLinkText(variable, value))
          return []
        }
        const got = reader(value)
        if (got !== undefined) return [[option, got]]
        throw new MetricsError(
          'OPTION_INVALID',
          `${variable} must be ${says.get(reader)}, got ${describe(value)}: correct it, or unset it`,
        )
      }),
    )
  const where = [...Object.values(address).map(([option]) => option), 'client', 'tls', 'sentinelTls'] as const
  const named = where.some((option) => isSet(options, option))
  return { ...read(others), ...(named ? {} : { ...read(address), ...tlsOf(environment) }), ...options }
}

function isSet(options: RedisOptions, option: keyof RedisOptions): boolean {
  const alias = option === 'keyPrefix' ? 'key_prefix' : option === 'expireKeyTime' ? 'expire_key_time' : option
  return options[option] !== undefined || options[alias] !== undefined
}

/** TLS is on with `PROMHIVE_REDIS_TLS`, or with any of the files; the scheme of a URL overrides both. */
function tlsOf(environment: NodeJS.ProcessEnv): RedisOptions {
  const named = Object.entries(files).flatMap(([variable, option]) => {
    const file = environment[variable]
    return file ? [[option, file] as const] : []
  })
  const tls = Object.fromEntries(named)
  const on = (variable: string): boolean => {
    const value = environment[variable] ?? ''
    const got = value === '' ? false : flag(value)
    if (got !== undefined) return got === true
    throw new MetricsError(
      'OPTION_INVALID',
      `${variable} must be ${says.get(flag)}, got ${describe(value)}: correct it, or unset it`,
    )
  }
  const url = environment.PROMHIVE_REDIS_URL
  if (on('PROMHIVE_REDIS_TLS') && url && !/^rediss:/i.test(url)) {
    const text = 'PROMHIVE_REDIS_TLS asks for TLS, and PROMHIVE_REDIS_URL for none: begin the URL with rediss://'
    throw new MetricsError('OPTION_INVALID', text)
  }
  return {
    ...((named.length > 0 || (on('PROMHIVE_REDIS_TLS') && !environment.PROMHIVE_REDIS_URL)) && { tls }),
    ...(on('PROMHIVE_REDIS_SENTINEL_TLS') && { sentinelTls: tls }),
  }
}
