import { Script } from './script.js'

/**
 * Records a minimum number of shards in the state of shard 0; returns the highest number ever recorded. Readers find
 * the number there, so it is recorded before the first count goes into a new shard.
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
