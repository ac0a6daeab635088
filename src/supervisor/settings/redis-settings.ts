import { boolean, port, text, whole } from './kinds.js'
import type { SettingsTable } from './setting.js'

/** The target of `redisWhenReady`. */
export interface RedisSettings {
  readonly redisEnabled: boolean
  readonly redisHost: string
  readonly redisPort: number
  readonly redisDb: number
  readonly redisPassword: string
  readonly redisKeyPrefix: string
  readonly redisForwardInterval: number
}

export const redisSettings: SettingsTable<RedisSettings> = {
  redisEnabled: {
    kind: boolean,
    default: false,
    env: ['REDIS_ENABLED'],
    exporterPath: 'redis.enabled',
    help: 'whether metrics are forwarded to Redis',
  },
  redisHost: {
    kind: text,
    default: 'localhost',
    env: ['REDIS_HOST'],
    exporterPath: 'redis.host',
    help: 'the host of Redis',
  },
  redisPort: { kind: port, default: 6379, env: ['REDIS_PORT'], exporterPath: 'redis.port', help: 'the port of Redis' },
  redisDb: {
    kind: whole(0),
    default: 0,
    env: ['REDIS_DB'],
    exporterPath: 'redis.db',
    help: 'the number of the database',
  },
  redisPassword: {
    kind: text,
    default: '',
    env: ['REDIS_PASSWORD'],
    exporterPath: 'redis.password',
    secret: true,
    help: 'the password',
  },
  redisKeyPrefix: {
    kind: text,
    default: 'promhive:metrics:',
    env: ['REDIS_KEY_PREFIX'],
    exporterPath: 'redis.key_prefix',
    help: 'prefix of the keys',
  },
  redisForwardInterval: {
    kind: whole(1),
    default: 30,
    env: ['REDIS_FORWARD_INTERVAL'],
    exporterPath: 'redis.forward_interval',
    help: 'seconds between two forwards',
  },
}
