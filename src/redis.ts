export { MultiProcessRedisBackend, type RedisMetrics, redis } from './runtime/backend/redis-metrics.js'
export type { RedisTls } from './store/redis/client/redis-address.js'
export type { RedisOptions } from './store/redis/options.js'
