import { Script } from './script.js'
import { clock } from './script-clock.js'

/** Deletes the removals that every ledger has taken. */
export const trim = new Script(`
local state, removals = unpack(KEYS)
if redis.call('HGET', state, 'removed') ~= ARGV[1] then return 0 end
redis.call('LTRIM', removals, ARGV[2] - ARGV[1], -1)
redis.call('HSET', state, 'removed', ARGV[2])
return 1
`)

/**
 * Adds a batch of removals that no flush of their process carries. The batches of a queue have ascending numbers, and a
 * batch is added only if its number is above the last one. So a batch whose answer was lost removes only once.
 */
export const remove = new Script(`${clock}
local state, removals, removing = unpack(KEYS)
local number, expire = ARGV[#ARGV - 1], ARGV[#ARGV]
if tonumber(number) <= tonumber(redis.call('HGET', removing, 'last') or 0) then return 0 end
redis.call('HSETNX', state, 'removed', text(milliseconds() * 1000))
for i = 1, #ARGV - 2 do redis.call('RPUSH', removals, ARGV[i]) end
redis.call('HSET', removing, 'last', number)
for n = 1, 2 do redis.call('PEXPIRE', KEYS[n], expire) end
redis.call('PEXPIRE', removing, 600000)
return 1
`)
