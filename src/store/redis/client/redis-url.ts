import { MetricsError } from '../../../model/errors.js'
import { describe } from '../../../model/metric-name.js'
import { checkTls, type RedisLocation } from './redis-address.js'

/**
 * Reads an address of Redis: `redis://…`, `rediss://…` for TLS, or `unix:///run/redis.sock`, which may be the path
 * alone. An address that a library would misread is refused, such as `http://…`, which would be a socket of that name.
 *
 * @param caller the function whose option it is, for the error text
 * @throws MetricsError `OPTION_INVALID`, without parts that may be a password
 */
export function readRedisUrl(caller: string, url: unknown, givenTls?: unknown): RedisLocation {
  const invalid = (what: string): MetricsError => new MetricsError('OPTION_INVALID', `${caller}: ${what}`)
  if (typeof url !== 'string' || url === '') {
    throw invalid(`url must be a string such as redis://127.0.0.1:6379, got ${describe(url)}`)
  }
  const tls = checkTls(caller, givenTls, url)
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*):/i.exec(url) ?? []
  if (/^rediss?$/i.test(scheme)) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed === undefined || parsed.hostname === '') {
      throw invalid(
        'url cannot be read: write it like redis://user:password@host:6379/0, with %40 for an @ in a password',
      )
    }
    if (!/^\/?\d*$/.test(parsed.pathname)) {
      throw invalid('url names a database by its number, such as redis://127.0.0.1:6379/0')
    }
    for (const part of [parsed.username, parsed.password]) decoded(part, invalid)
    // Encoded: an error of a library may quote it, and a password with blanks could not be masked as one word.
    return { url: parsed.href, tls }
  }
  if (/^unix$/i.test(scheme) || /^\/(?!\/)/.test(url)) return socketOf(url, invalid)
  const begins = 'url must begin with redis://, rediss:// or unix:///'
  // `redis.internal:6379`, whose host a URL parser reads as a scheme.
  if (/^[a-z\d.-]+(?::\d+)?(?:\/\d*)?$/i.test(url)) throw invalid(`${begins}: write redis://${url}`)
  const got = scheme === '' ? 'one without a scheme' : `one that begins with ${scheme}:`
  throw invalid(`${begins}, got ${got}; a cluster is named by the URL of any of its nodes`)
}

/**
 * Replaces the user and the password in an address. Returns an invalid address unchanged; `readRedisUrl` then throws
 * the reason.
 */
export function withLogin(url: string, username: string | undefined, password: string | undefined): string {
  const [user, secret] = [username, password].map((text) => text && encodeURIComponent(text))
  const [, before = '', path] = /^(?:unix:(?:\/\/(?:([^/]*)@)?)?)?(\/(?!\/).*)$/is.exec(url) ?? []
  if (path !== undefined) {
    const [oldUser = '', ...oldSecret] = before.split(':')
    const login = `${user ?? oldUser}:${secret ?? oldSecret.join(':')}`
    return login === ':' ? `unix://${path}` : `unix://${login}@${path}`
  }
  if (!/^rediss?:/i.test(url) || !URL.canParse(url)) return url
  const parsed = new URL(url)
  if (user !== undefined) parsed.username = user
  if (secret !== undefined) parsed.password = secret
  return parsed.href
}

function socketOf(url: string, invalid: (what: string) => MetricsError): RedisLocation {
  const [, login = '', path, query = ''] = /^(?:unix:(?:\/\/(?:([^/]*)@)?)?)?(\/[^?]*)(?:\?(.*))?$/is.exec(url) ?? []
  const db = Number(new URLSearchParams(query).get('db') ?? 0)
  if (path === undefined || path.includes('\0') || !Number.isInteger(db) || db < 0) {
    throw invalid('url cannot be read: write a socket as unix:///run/redis.sock, or unix:///run/redis.sock?db=2')
  }
  const [username = '', ...rest] = login.split(':')
  const password = rest.join(':')
  return {
    path,
    db,
    ...(username !== '' && { username: decoded(username, invalid) }),
    ...(password !== '' && { password: decoded(password, invalid) }),
  }
}

function decoded(text: string, invalid: (what: string) => MetricsError): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('url cannot be read: write % as %25 in user and password')
  }
}
