import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { isServiceLink, serviceLinkText } from '../../model/service-link.js'
import type { RedisLimits } from '../../store/redis/client/connections.js'
import {
  checkTls,
  partsOf,
  type RedisAddress,
  type RedisSocket,
  type RedisTls,
} from '../../store/redis/client/redis-address.js'
import { readRedisUrl } from '../../store/redis/client/redis-url.js'

/**
 * Options of `startRedisForwarder()`. The default of an option is the value of the environment variable in its
 * description.
 */
export interface ForwarderOptions {
  /**
   * Whether to forward at all: `REDIS_ENABLED`; if that is not set either, whether the call has an address (`url`,
   * `host` or `client`).
   */
  readonly enabled?: boolean | undefined
  /** A client of your own, of the package `redis` or `ioredis`. Connect it yourself; promhive never closes it. */
  readonly client?: object | undefined
  /** `redis://user:password@host:6379/0`, or `rediss://…` for TLS: instead of the five below. */
  readonly url?: string | undefined
  /** TLS options for `rediss://…`. */
  readonly tls?: RedisTls | undefined
  /** `REDIS_HOST`; localhost. */
  readonly host?: string | undefined
  /** `REDIS_PORT`; 6379. */
  readonly port?: number | undefined
  /** `REDIS_DB`; 0. */
  readonly db?: number | undefined
  readonly username?: string | undefined
  /** `REDIS_PASSWORD`. */
  readonly password?: string | undefined
  /** Seconds between two forwards: `REDIS_FORWARD_INTERVAL`; 30. */
  readonly interval?: number | undefined
  /** The prefix of every key: `REDIS_KEY_PREFIX`; `promhive:metrics:`. */
  readonly keyPrefix?: string | undefined
  /** Which processes forward: `one` of all that share a prefix, and another one when it ends (the default), or `each`. */
  readonly forwards?: 'one' | 'each' | undefined
  /** Timeout in seconds for connecting, TLS and signing in together: 5. */
  readonly connectTimeout?: number | undefined
  /** Timeout in seconds for each answer of Redis: 5. */
  readonly commandTimeout?: number | undefined
  /** The format to forward, as an Accept header. The default is the registry's format. */
  readonly accept?: string | undefined
}

const known = {
  enabled: true,
  client: true,
  url: true,
  tls: true,
  host: true,
  port: true,
  db: true,
  username: true,
  password: true,
  interval: true,
  keyPrefix: true,
  forwards: true,
  connectTimeout: true,
  commandTimeout: true,
  accept: true,
} as const satisfies OptionNames<ForwarderOptions>

/** The checked and complete options. */
export interface RedisForwarderSettings {
  readonly enabled: boolean
  readonly client: object | undefined
  readonly address: RedisAddress | RedisSocket
  readonly limits: RedisLimits
  readonly interval: number
  readonly keyPrefix: string
  readonly forwards: 'one' | 'each'
  readonly accept: string | undefined
}

const caller = 'startRedisForwarder'
const defaults = {
  host: 'localhost',
  port: 6379,
  db: 0,
  interval: 30,
  keyPrefix: 'promhive:metrics:',
  timeout: 5,
} as const

/** @throws MetricsError `OPTION_INVALID`, with the name of the option or the variable */
export function settingsOf(
  options: ForwarderOptions,
  environment: NodeJS.ProcessEnv,
  ignored: (text: string) => void = () => {},
): RedisForwarderSettings {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`takes an object such as { host, port }, got ${describe(options)}`)
  }
  checkOptions('startRedisForwarder', options, known)
  const { client, url, forwards = 'one', accept } = options
  if (client !== undefined && (typeof client !== 'object' || client === null)) {
    throw invalid(`client must be a client of redis or ioredis, got ${describe(client)}`)
  }
  if (forwards !== 'one' && forwards !== 'each') throw invalid(`forwards is one or each, not ${describe(forwards)}`)
  // If code sets the address, the variables for it are ignored.
  const elsewhere = url !== undefined || client !== undefined
  const from = new OptionReader(options, environment, ignored)
  const address = elsewhere ? new OptionReader(options, {}, ignored) : from
  const names = client !== undefined || url !== undefined || options.host !== undefined
  const username = options.username
  const password = address.text('password', 'REDIS_PASSWORD')
  const hostAddress: RedisAddress = {
    host: address.text('host', 'REDIS_HOST') ?? defaults.host,
    port: address.number('port', 'REDIS_PORT', 1, 65_535, true) ?? defaults.port,
    db: address.number('db', 'REDIS_DB', 0, 1_000_000, true) ?? defaults.db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  }
  if (url === undefined) checkTls(caller, options.tls, undefined)
  return {
    enabled: from.flag('enabled', 'REDIS_ENABLED') ?? names,
    client,
    address: url === undefined ? hostAddress : partsOf(readRedisUrl(caller, url, options.tls)),
    limits: { connect: from.timeout('connectTimeout') * 1000, command: from.timeout('commandTimeout') * 1000 },
    interval: from.number('interval', 'REDIS_FORWARD_INTERVAL', 0.01, 86_400, false) ?? defaults.interval,
    keyPrefix: from.text('keyPrefix', 'REDIS_KEY_PREFIX') ?? defaults.keyPrefix,
    forwards,
    accept,
  }
}

/** Reads options; each one overrides its variable. An empty variable counts as unset. */
class OptionReader {
  constructor(
    private readonly options: ForwarderOptions,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly ignored: (text: string) => void,
  ) {}

  text(option: 'host' | 'password' | 'keyPrefix', variable: string): string | undefined {
    const optionValue = this.options[option]
    if (optionValue !== undefined && typeof optionValue !== 'string') throw invalid(`${option} must be a text`)
    return optionValue ?? this.variable(variable)
  }

  number(
    option: 'port' | 'db' | 'interval',
    variable: string,
    least: number,
    most: number,
    whole: boolean,
  ): number | undefined {
    const optionValue: unknown = this.options[option]
    const text = this.variable(variable)
    if (optionValue === undefined && text === undefined) return undefined
    const value = optionValue ?? (text!.trim() === '' ? Number.NaN : Number(text))
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
      return value
    const kind = whole ? 'a whole number' : 'a number of seconds'
    throw invalid(
      `${optionValue === undefined ? variable : option} must be ${kind} from ${least} to ${most}, got ${describe(optionValue ?? text)}`,
    )
  }

  timeout(option: 'connectTimeout' | 'commandTimeout'): number {
    const optionValue: unknown = this.options[option] ?? defaults.timeout
    if (typeof optionValue === 'number' && optionValue >= 0.01 && optionValue <= 86_400) return optionValue
    throw invalid(`${option} must be a number of seconds from 0.01 to 86400, got ${describe(optionValue)}`)
  }

  flag(option: 'enabled', variable: string): boolean | undefined {
    const optionValue = this.options[option]
    if (optionValue !== undefined) {
      if (typeof optionValue === 'boolean') return optionValue
      throw invalid(`${option} must be true or false, got ${describe(optionValue)}`)
    }
    const text = this.variable(variable)
    if (text === undefined) return undefined
    if (/^(?:1|true|yes|on|t|y)$/i.test(text)) return true
    if (/^(?:0|false|no|off|f|n)$/i.test(text)) return false
    throw invalid(`${variable} must be true or false, got ${describe(text)}`)
  }

  private variable(name: string): string | undefined {
    const value = this.environment[name]
    if (value === undefined || value === '') return undefined
    if (!isServiceLink(name, value)) return value
    this.ignored(serviceLinkText(name, value))
    return undefined
  }
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `${caller}: ${what}`)
}
