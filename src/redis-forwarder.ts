export type { ForwardResult } from './export/redis/forwarder.js'
export {
  type RedisForwarder,
  type RedisForwarderOptions,
  startRedisForwarder,
} from './runtime/exporters/redis-forwarder.js'
export type { RedisTls } from './store/redis/client/redis-address.js'
