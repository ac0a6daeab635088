import { Script } from './script.js'

/**
 * Records in the state of shard 0 how many shards there are, at least; gives the highest number ever recorded. A reader
 * that knows a lower number learns it there, so it is recorded before the first count goes into a higher shard.
 */
export const enlist = new Script(`
local state, count, expire = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local recorded = tonumber(redis.call('HGET', state, 'shards') or 1)
if count > recorded then
  redis.call('HSET', state, 'shards', ARGV[1])
  recorded = count
end
redis.call('PEXPIRE', state, expire)
return recorded
`)
