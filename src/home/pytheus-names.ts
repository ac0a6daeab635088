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

/** `{ host, port, db, password, key_prefix, expire_key_time }` as a URL and options; what else is there stays, such as `tls`. */
function redisConfig(theirs: BackendConfig): BackendConfig {
  const { host, port = 6379, db = 0, username = '', password, key_prefix, expire_key_time, ...others } = theirs
  const login =
    password === undefined ? '' : `${encodeURIComponent(String(username))}:${encodeURIComponent(String(password))}@`
  return {
    ...others,
    ...(others.url === undefined &&
      others.client === undefined && {
        url: `${others.tls === undefined ? 'redis' : 'rediss'}://${login}${host || 'localhost'}:${port}/${db}`,
      }),
    ...(key_prefix !== undefined && { keyPrefix: key_prefix }),
    ...(expire_key_time !== undefined && { expireKeyTime: expire_key_time }),
  }
}
