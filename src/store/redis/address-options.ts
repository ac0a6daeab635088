import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { withLogin } from './client/redis-url.js'

/** The address of Redis in parts, and pytheus' names of two options. */
export interface RedisAddressOptions {
  /** The host of Redis, instead of `url`. The default is localhost. */
  readonly host?: string | undefined
  /** The default is 6379. */
  readonly port?: number | undefined
  /** The number of the database. The default is 0. */
  readonly db?: number | undefined
  /** The user. With a `url`, it replaces the user in it. */
  readonly username?: string | undefined
  /** The password. With a `url`, it replaces the password in it. */
  readonly password?: string | undefined
  /** pytheus' name for `keyPrefix`, which overrides it. */
  readonly key_prefix?: string | undefined
  /** pytheus' name for `expireKeyTime`, which overrides it. */
  readonly expire_key_time?: number | undefined
}

type Others = { readonly [K in 'url' | 'client' | 'tls' | 'sentinels']?: unknown }

const parts = ['host', 'port', 'db', 'username', 'password'] as const

/**
 * Returns the options with the parts of an address as a URL, and with promhive's names.
 *
 * @throws MetricsError `OPTION_INVALID` for a port or database that is not a number, and for an address together with
 * `url` or `client`
 */
export function addressed<O extends RedisAddressOptions & Others>(options: O): Omit<O, keyof RedisAddressOptions> {
  const { host, port, db, username, password, key_prefix, expire_key_time, ...others } = options
  const setParts = parts.filter((part) => options[part] !== undefined)
  const behindSentinel = options.sentinels !== undefined
  const { url } = options
  const other = (['sentinels', 'url', 'client'] as const).find((option) => options[option] !== undefined)
  const login = ['username', 'password']
  const excluded = [
    ...setParts.filter((part) => {
      // The master behind Sentinel has a user and databases as well. A secret may come from another source than the
      // URL.
      if (behindSentinel) return part === 'host' || part === 'port'
      return url === undefined || !login.includes(part)
    }),
    ...(behindSentinel ? (['url', 'client'] as const).filter((option) => options[option] !== undefined) : []),
  ]
  if (excluded.length > 0 && other !== undefined) {
    throw invalid(`${other} and ${excluded.join(', ')} exclude each other; leave one of them out`)
  }
  return {
    ...(key_prefix !== undefined && { keyPrefix: key_prefix }),
    ...(expire_key_time !== undefined && { expireKeyTime: expire_key_time }),
    ...(others as Omit<O, keyof RedisAddressOptions>),
    ...(setParts.length > 0 && !behindSentinel && { url: url === undefined ? urlOf(options) : urlWithLogin(options) }),
  }
}

function urlOf(options: RedisAddressOptions & Others): string {
  const { port = 6379, db = 0, username = '', password, tls } = options
  const host = options.host || 'localhost'
  if (typeof host !== 'string') throw invalid(`host must be a text, got ${describe(host)}`)
  if (!isWhole(port, 65_535)) throw invalid(`port must be a whole number from 0 to 65535, got ${describe(port)}`)
  if (!isWhole(db, 1_000_000)) throw invalid(`db must be the number of a database, got ${describe(db)}`)
  const login =
    password === undefined && username === ''
      ? ''
      : `${encodeURIComponent(String(username))}:${encodeURIComponent(String(password ?? ''))}@`
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return `${tls === undefined ? 'redis' : 'rediss'}://${login}${address}:${port}/${db}`
}

function urlWithLogin({ url, username, password }: RedisAddressOptions & Others): unknown {
  for (const [option, text] of Object.entries({ username, password })) {
    if (text !== undefined && typeof text !== 'string') throw invalid(`${option} must be a text, got ${describe(text)}`)
  }
  return typeof url === 'string' ? withLogin(url, username, password) : url
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `redis: ${what}`)
}
