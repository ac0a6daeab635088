import type { RedisLocation } from './client/redis-address.js'
import { Keys } from './keys.js'
import type { RedisBackendSettings } from './options.js'

/**
 * Returns the identity of a service, without credentials: the address of Redis, if it is known, and the prefix of the
 * keys.
 *
 * @param place the address, or the name by which Sentinel knows the server
 */
export function identityOf(
  place: RedisLocation | string | undefined,
  { keyPrefix }: Pick<RedisBackendSettings, 'keyPrefix'>,
): string {
  const prefix = part(new Keys(keyPrefix).ledgers.replace(/:ledgers$/, ''))
  return place === undefined ? prefix : `${addressOf(place)} ${prefix}`
}

function addressOf(place: RedisLocation | string): string {
  if (typeof place === 'string') return part(place)
  if ('path' in place) return part(`${place.path}?db=${place.db}`)
  if (!('url' in place)) return `${hostOf(place.host)}:${place.port}/${place.db}`
  const { hostname, port, pathname } = new URL(place.url)
  return `${hostOf(hostname)}:${port || 6379}/${pathname.slice(1) || 0}`
}

function hostOf(name: string): string {
  return /^(?:localhost|\[::1\]|::1)$/i.test(name) ? '127.0.0.1' : name.toLowerCase()
}

/** Without a blank: identities are compared part by part. */
function part(text: string): string {
  return text.replaceAll(/[\s%]/g, encodeURIComponent)
}
