import { Script } from './script.js'

/** Keeps keys from expiring: a chunk of them. */
export const keep = new Script(`
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return #KEYS
`)

/**
 * Gives 1 to one process in each interval, 0 to the others: what is done for the whole service at an interval is done
 * once.
 */
export const claim = new Script(`
local state, field, interval = KEYS[1], ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', state, field) or 0)
if now >= last and now - last < interval then return 0 end
redis.call('HSET', state, field, string.format('%.0f', now))
return 1
`)
