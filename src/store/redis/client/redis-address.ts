import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls'
import { MetricsError } from '../../../model/errors.js'
import { checkSpelling, type OptionNames } from '../../../model/known-options.js'
import { describe } from '../../../model/metric-name.js'
import { absolutePath } from '../../../platform/paths.js'

/**
 * How a connection to `rediss://…` is made: whatever `tls.connect` of Node takes (`ca`, `cert`, `key`, `servername` and
 * so on), and the same by the names of PEM files, as a configuration in JSON can say it. Files are read again for each
 * connection, so that a certificate may be renewed.
 */
export interface RedisTls extends Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket'> {
  /** The CA of the server's certificate. */
  readonly caFile?: string | undefined
  /** The client's own certificate, and its key, where the server asks for one. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** Those of promhive's, and of Node's the ones in general use; any other of Node's passes. */
const tlsOptions = {
  caFile: true,
  certFile: true,
  keyFile: true,
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  servername: true,
  rejectUnauthorized: true,
  checkServerIdentity: true,
  minVersion: true,
  maxVersion: true,
  ciphers: true,
} as const satisfies Partial<OptionNames<RedisTls>>

/** Where a Redis is: a URL as the libraries take it, or its parts. */
export type RedisLocation = RedisUrl | RedisAddress | RedisSocket

export interface RedisUrl {
  readonly url: string
  /** For `rediss://…`; what Node trusts when left out. */
  readonly tls?: RedisTls | undefined
}

export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username?: string
  readonly password?: string
  /** Undefined where the connection is not encrypted. */
  readonly tls?: RedisTls | undefined
}

/** A socket of this machine. */
export interface RedisSocket {
  readonly path: string
  readonly db: number
  readonly username?: string
  readonly password?: string
  readonly tls?: undefined
}

/** The parts of a URL that `readRedisUrl` accepted. */
export function partsOf(place: RedisLocation): RedisAddress | RedisSocket {
  if (!('url' in place)) return place
  const { protocol, hostname, port, pathname, username, password } = new URL(place.url)
  return {
    host: hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: place.tls ?? {} }),
  }
}

/** Returns `host:port`, with brackets around an IPv6 address; the path of a socket. */
export function nameOf(place: RedisLocation): string {
  const parts = partsOf(place)
  if ('path' in parts) return parts.path
  return `${parts.host.includes(':') ? `[${parts.host}]` : parts.host}:${parts.port}`
}

/** Another server of the same cluster, with the same user and certificates. */
export function nodeOf(entry: RedisLocation, host: string, port: number): RedisAddress {
  const { path: _path, ...given } = partsOf(entry) as RedisAddress & { path?: string }
  return {
    ...given,
    host,
    port,
    db: 0,
    ...(given.tls !== undefined && { tls: tlsOfNode(given.tls, given.host, host) }),
  }
}

/**
 * The nodes of a cluster often announce IP addresses, and show a certificate for the name in the URL: that name is sent
 * as SNI, and the certificate may be for either.
 */
function tlsOfNode(tls: RedisTls, entryHost: string, host: string): RedisTls {
  if (tls.servername !== undefined || isIP(host) === 0 || isIP(entryHost) !== 0) return tls
  const check = tls.checkServerIdentity ?? checkServerIdentity
  return {
    ...tls,
    servername: entryHost,
    checkServerIdentity(name: string, certificate: PeerCertificate) {
      const fault = check(name, certificate)
      return fault !== undefined && check(host, certificate) !== undefined ? fault : undefined
    },
  }
}

/** @throws MetricsError `OPTION_INVALID`, naming the function whose option it is */
export function checkTls(who: string, tls: unknown, url: string | undefined): RedisTls | undefined {
  if (tls === undefined) return undefined
  const invalid = (what: string): MetricsError => new MetricsError('OPTION_INVALID', `${who}: ${what}`)
  if (typeof tls !== 'object' || tls === null) {
    throw invalid(`tls takes an object such as { caFile: '/etc/ssl/redis.pem' }, got ${describe(tls)}`)
  }
  checkSpelling(`${who}: tls`, tls, tlsOptions)
  // Read again for each connection: by then the working directory may be another.
  const files: Partial<Record<'caFile' | 'certFile' | 'keyFile', string>> = {}
  for (const name of ['caFile', 'certFile', 'keyFile'] as const) {
    const file: unknown = (tls as RedisTls)[name]
    if (file === undefined) continue
    if (typeof file !== 'string') throw invalid(`tls.${name} is the path of a file`)
    files[name] = absolutePath(file)
  }
  if (url === undefined || !/^rediss:/i.test(url)) throw invalid('tls goes with a url that begins with rediss://')
  return { ...tls, ...files }
}
