import { addressed, type RedisAddressOptions } from '../store/redis/address-options.js'
import type { BackendConfig } from './backend-config.js'

/** What does the same here as one of pytheus' backends, and how it takes the same configuration. */
export interface Counterpart {
  readonly choice: string
  config(theirs: BackendConfig): BackendConfig
}

/** pytheus' own backends, by the names that its users have in their environment. */
const counterparts: Readonly<Record<string, Counterpart>> = {
  'pytheus.backends.base.SingleProcessBackend': {
    choice: 'promhive/backend#MemoryBackend',
    config: (theirs) => theirs,
  },
  'pytheus.backends.redis.MultiProcessRedisBackend': { choice: 'promhive/redis#redis', config: redisConfig },
}

export function counterpartOf(name: string): Counterpart | undefined {
  return Object.hasOwn(counterparts, name) ? counterparts[name] : undefined
}

/** pytheus connects to localhost where nothing is said; an address is left to `url` or `client` where there is one. */
function redisConfig(theirs: BackendConfig): BackendConfig {
  const { host, port, db, username, password, ...others } = theirs
  if (others.url !== undefined || others.client !== undefined) return addressed(others)
  return addressed({ ...others, host: host || 'localhost', port, db, username, password } as RedisAddressOptions)
}
