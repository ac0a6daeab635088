import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls'
import { MetricsError } from '../../../model/errors.js'
import { checkSpelling, type OptionNames } from '../../../model/known-options.js'
import { describe } from '../../../model/metric-name.js'
import { absolutePath } from '../../../platform/paths.js'

/**
 * TLS options of a connection to `rediss://…`: the options of Node's `tls.connect` (`ca`, `cert`, `key`, `servername`
 * and so on), and names of PEM files, which a configuration in JSON can contain. Files are read again for each
 * connection, so a certificate may be renewed.
 */
export interface RedisTls extends Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket'> {
  /** The CA of the server's certificate. */
  readonly caFile?: string | undefined
  /** The client's certificate and its key, if the server requires one. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** promhive's options, and the common ones of Node; any other option of Node is accepted. */
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

/** The address of a Redis: a URL in the form of the libraries, or its parts. */
export type RedisLocation = RedisUrl | RedisAddress | RedisSocket

export interface RedisUrl {
  readonly url: string
  /** For `rediss://…`. By default, the CAs that Node trusts. */
  readonly tls?: RedisTls | undefined
}

export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username?: string
  readonly password?: string
  /** Undefined if the connection is not encrypted. */
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

/** Returns the parts of a URL that `readRedisUrl` accepted. */
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

/** Returns the address of another server of the same cluster, with the same user and certificates. */
export function nodeOf(entry: RedisLocation, host: string, port: number): RedisAddress {
  const { path: _path, ...entryParts } = partsOf(entry) as RedisAddress & { path?: string }
  return {
    ...entryParts,
    host,
    port,
    db: 0,
    ...(entryParts.tls !== undefined && { tls: tlsOfNode(entryParts.tls, entryParts.host, host) }),
  }
}

/**
 * The nodes of a cluster often announce IP addresses, but have a certificate for the name in the URL. That name is sent
 * as SNI, and the certificate may be for the name or for the IP address.
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

/** @throws MetricsError `OPTION_INVALID`, with the name of the function that has the option */
export function checkTls(who: string, tls: unknown, url: string | undefined): RedisTls | undefined {
  if (tls === undefined) return undefined
  const invalid = (what: string): MetricsError => new MetricsError('OPTION_INVALID', `${who}: ${what}`)
  if (typeof tls !== 'object' || tls === null) {
    throw invalid(`tls takes an object such as { caFile: '/etc/ssl/redis.pem' }, got ${describe(tls)}`)
  }
  checkSpelling(`${who}: tls`, tls, tlsOptions)
  // Absolute paths, because the files are read for each connection and the working directory may change.
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
