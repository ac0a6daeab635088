import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { checkTls, type RedisTls } from './client/redis-address.js'
import { type RedisSentinels, sentinelAddress } from './client/sentinels.js'

/** The sentinels that know the address of Redis, instead of `url`, `host` and `port`. */
export interface RedisSentinelOptions {
  /** The sentinels: `host`, `host:port`, or `{ host, port }`; the default port is 26379. */
  readonly sentinels?: readonly (string | { readonly host: string; readonly port?: number | undefined })[] | undefined
  /** The name under which the sentinels know the master. */
  readonly name?: string | undefined
  /** The user and the password of the sentinels; `username` and `password` are those of Redis. */
  readonly sentinelUsername?: string | undefined
  readonly sentinelPassword?: string | undefined
  /** TLS options of the sentinels; `{}` for certificates that Node trusts. The option `tls` is for Redis. */
  readonly sentinelTls?: RedisTls | undefined
}

/** The options that Sentinel shares with a single server. */
interface ServerOptions {
  readonly db?: unknown
  readonly username?: unknown
  readonly password?: unknown
  readonly tls?: unknown
}

/** @throws MetricsError `OPTION_INVALID` */
export function sentinelPlace(options: RedisSentinelOptions & ServerOptions): RedisSentinels | undefined {
  const { sentinels, name, sentinelUsername, sentinelPassword, sentinelTls, db = 0, tls } = options
  if (sentinels === undefined) {
    for (const other of ['name', 'sentinelUsername', 'sentinelPassword', 'sentinelTls'] as const) {
      if (options[other] !== undefined) throw invalid(`${other} goes with sentinels`)
    }
    return undefined
  }
  if (!Array.isArray(sentinels) || sentinels.length === 0) {
    throw invalid(`sentinels is a list such as ['sentinel-0:26379'], got ${describe(sentinels)}`)
  }
  if (typeof name !== 'string' || name === '') {
    throw invalid(`name must be the name of the master that the sentinels know, got ${describe(name)}`)
  }
  if (!Number.isInteger(db) || (db as number) < 0) {
    throw invalid(`db must be the number of a database, got ${describe(db)}`)
  }
  const login = loginOf('sentinelUsername', sentinelUsername, 'sentinelPassword', sentinelPassword)
  const encrypted = checkTls('redis', sentinelTls, 'rediss:')
  return {
    name,
    sentinels: sentinels.map((each) => ({ ...addressOf(each), db: 0, ...login, tls: encrypted })),
    server: {
      db: db as number,
      ...loginOf('username', options.username, 'password', options.password),
      ...(tls !== undefined && { tls: checkTls('redis', tls, 'rediss:')! }),
    },
  }
}

function addressOf(sentinel: unknown): { readonly host: string; readonly port: number } {
  const { host, port = 26_379 } = (sentinel ?? {}) as { host?: unknown; port?: unknown }
  const address = typeof sentinel === 'string' ? sentinelAddress(sentinel) : undefined
  if (address !== undefined) return address
  const isPort = Number.isInteger(port) && (port as number) > 0 && (port as number) <= 65_535
  if (typeof host === 'string' && host !== '' && isPort) return { host, port: port as number }
  throw invalid(`a sentinel is { host, port }, or a text such as sentinel-0:26379, got ${describe(sentinel)}`)
}

function loginOf(userOption: string, username: unknown, passwordOption: string, password: unknown): object {
  for (const [option, text] of [[userOption, username] as const, [passwordOption, password] as const]) {
    if (text !== undefined && typeof text !== 'string') throw invalid(`${option} must be a text`)
  }
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `redis: ${what}`)
}
