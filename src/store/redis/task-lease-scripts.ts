import { Script } from './script.js'

/* The lease of a task is a hash with its holder. Other types would need further rights of the Redis user. */

/** Takes or renews a lease; returns 1 if the process has it. */
export const takeLease = new Script(`
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder and holder ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'holder', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

/** Ends a lease, if the process has it. */
export const endLease = new Script(`
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)
