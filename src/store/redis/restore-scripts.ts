import { Script } from './script.js'
import { write } from './script-parts.js'

/*
 * Redis has come back empty: one process writes what it has seen of the service into the new state.
 */

/** Gives 1 to the first process that restores what an earlier state had; `ended` or `begun` to the others. */
export const claimRestoration = new Script(`${write}
local state, before, nonce, expire = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
redis.call('HSETNX', state, 'format', '1')
redis.call('HSETNX', state, 'born', nonce)
redis.call('HSETNX', state, 'removed', text(milliseconds() * 1000))
redis.call('PEXPIRE', state, expire)
local field = 'restored:' .. before
if redis.call('HSETNX', state, field, 'begun') == 1 then return '1' end
return redis.call('HGET', state, field)
`)

/** Writes one ledger, unless there is one under its ID, or its writer was folded since. */
export const restore = new Script(`${write}
local ledgers, beats, folded = KEYS[1], KEYS[2], KEYS[3]
local id, entry, lives, expire = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', ledgers, id) or redis.call('HGET', folded, id) then return 0 end
-- Behind them stand the pieces: token, how many were sent ahead, and the last.
if incomplete(KEYS[7], ARGV[5], ARGV[6]) then return 0 end
write(ARGV[6], ARGV[7], '1', KEYS[4], KEYS[5], KEYS[6], KEYS[7], expire)
redis.call('HSET', ledgers, id, entry)
if lives == '1' then redis.call('ZADD', beats, text(milliseconds()), id) end
for n = 1, 3 do redis.call('PEXPIRE', KEYS[n], expire) end
return 1
`)

/** Notes that all of it is restored. */
export const endRestoration = new Script(`
return redis.call('HSET', KEYS[1], 'restored:' .. ARGV[1], 'ended')
`)
