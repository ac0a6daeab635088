import { Script } from './script.js'

/** Forgets the removals that every ledger has taken. */
export const trim = new Script(`
local state, removals = unpack(KEYS)
if redis.call('HGET', state, 'removed') ~= ARGV[1] then return 0 end
redis.call('LTRIM', removals, ARGV[2] - ARGV[1], -1)
redis.call('HSET', state, 'removed', ARGV[2])
return 1
`)

/** Tells of a removal where its process does not flush: another one of its host does. */
export const remove = new Script(`
local state, removals = unpack(KEYS)
local time = redis.call('TIME')
redis.call('HSETNX', state, 'removed', string.format('%.0f', (time[1] * 1000 + math.floor(time[2] / 1000)) * 1000))
for i = 1, #ARGV - 1 do redis.call('RPUSH', removals, ARGV[i]) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[#ARGV]) end
return 1
`)
