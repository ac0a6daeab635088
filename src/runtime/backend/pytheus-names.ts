import { MetricsError } from '../../model/errors.js'
import { givenOptions } from '../../model/known-options.js'
import { nearest } from '../../model/nearest-name.js'
import type { BackendConfig } from './backend-config.js'

/** The counterpart of one of pytheus' backends, and the conversion of its configuration. */
export interface Counterpart {
  readonly choice: string
  config(theirs: BackendConfig): BackendConfig
}

/** pytheus' backends, by their class names, which its users have in their environment. */
const counterparts: Readonly<Record<string, Counterpart>> = {
  SingleProcessBackend: { choice: 'promhive/backend#SingleProcessBackend', config: (theirs) => theirs },
  MultiProcessFileBackend: { choice: 'promhive/backend#MultiProcessFileBackend', config: (theirs) => theirs },
  MultiProcessRedisBackend: { choice: 'promhive/redis#redis', config: redisConfig },
}

/**
 * Returns the counterpart of a class of pytheus, in any of its modules; undefined for other names.
 *
 * @param source the source of the name, for the error text
 * @throws MetricsError `BACKEND_NOT_FOUND` for a class of pytheus without a counterpart
 */
export function counterpartOf(name: string, source = 'loadBackend'): Counterpart | undefined {
  if (!name.startsWith('pytheus.')) return undefined
  const className = name.slice(name.lastIndexOf('.') + 1)
  if (Object.hasOwn(counterparts, className)) return counterparts[className]
  const known = Object.keys(counterparts)
  const meant = nearest(className, known)
  const advice = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`
  throw new MetricsError('BACKEND_NOT_FOUND', `${source}: ${name} has no counterpart in promhive; ${advice}`)
}

/** Gives two options promhive's names, and adds pytheus' default, localhost, unless `url` or `client` is set. */
function redisConfig(theirs: BackendConfig): BackendConfig {
  const { host, port, db, username, password, key_prefix, expire_key_time, ...others } = theirs
  const named = { keyPrefix: key_prefix, expireKeyTime: expire_key_time }
  const hasAddress = others.url !== undefined || others.client !== undefined
  const address = hasAddress ? {} : { host: host || 'localhost', port, db, username, password }
  return { ...givenOptions(named), ...others, ...givenOptions(address) }
}
