import { Script } from './script.js'

/** Forgets the removals that every ledger has taken. */
export const trim = new Script(`
local state, removals = unpack(KEYS)
if redis.call('HGET', state, 'removed') ~= ARGV[1] then return 0 end
redis.call('LTRIM', removals, ARGV[2] - ARGV[1], -1)
redis.call('HSET', state, 'removed', ARGV[2])
return 1
`)

/**
 * Adds removals apart from a flush. Where they are sent again because an answer was lost, they are taken once: each text
 * is there once.
 */
export const remove = new Script(`
local state, removals = unpack(KEYS)
local expire, again = ARGV[1], ARGV[2]
local time = redis.call('TIME')
redis.call('HSETNX', state, 'removed', string.format('%.0f', (time[1] * 1000 + math.floor(time[2] / 1000)) * 1000))
local known = false
if again == '1' then
  for _, each in ipairs(redis.call('LRANGE', removals, -10000, -1)) do known = known or each == ARGV[3] end
end
if not known then
  for i = 3, #ARGV do redis.call('RPUSH', removals, ARGV[i]) end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, expire) end
return 1
`)
