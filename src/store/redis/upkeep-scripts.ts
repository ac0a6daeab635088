import { Script } from './script.js'
import { clock } from './script-clock.js'
import { write } from './script-parts.js'

/* Scripts that one process runs for the whole service. */

/** Renews the expiry of some keys. */
export const keep = new Script(`
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return #KEYS
`)

/** Returns 1 to one process in each interval, 0 to the others. */
export const claim = new Script(`${clock}
local state, field, interval = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now = milliseconds()
local last = tonumber(redis.call('HGET', state, field) or 0)
if now >= last and now - last < interval then return 0 end
redis.call('HSET', state, field, text(now))
return 1
`)

/**
 * Acquires or renews the lease for folding; returns 1 if the process has it. A process that does not get it leaves a
 * request for another round, because it may know of a dead writer that the holder has not seen.
 */
export const lease = new Script(`${clock}
local state, owner, duration = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now = milliseconds()
local holder, ends = string.match(redis.call('HGET', state, 'lease') or '', '^(%S+) (%d+)$')
if holder and holder ~= owner and tonumber(ends) > now and tonumber(ends) <= now + 10 * duration then
  redis.call('HSET', state, 'leaseWanted', '1')
  return 0
end
redis.call('HSET', state, 'lease', owner .. ' ' .. text(now + duration))
redis.call('PEXPIRE', state, ARGV[3])
return 1
`)

/**
 * Returns 1 if a process has requested another round since the last one began; otherwise releases the lease and returns
 * 0.
 */
export const release = new Script(`
local state, owner, mayContinue = KEYS[1], ARGV[1], ARGV[2]
local holder = string.match(redis.call('HGET', state, 'lease') or '', '^(%S+)')
if holder ~= owner then return 0 end
if redis.call('HDEL', state, 'leaseWanted') == 1 and mayContinue == '1' then return 1 end
redis.call('HDEL', state, 'lease')
return 0
`)

/**
 * Removes the heartbeats of dead writers that have no entry, and those of the named ledgers, whose entries no process
 * of this version can read and fold. Returns the number of removed heartbeats.
 */
export const sweep = new Script(`${write}
local ledgers, beats, state, seats = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local deadAfter, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = milliseconds()
local named = {}
for n = 3, #ARGV do named[ARGV[n]] = true end
local removed = 0
local oldest = redis.call('ZRANGE', beats, 0, most - 1, 'WITHSCORES')
for n = 1, #oldest, 2 do
  local id = oldest[n]
  if lives(tonumber(oldest[n + 1]), state, now, deadAfter) then break end
  if named[id] or not redis.call('HGET', ledgers, id) then
    redis.call('ZREM', seats, id)
    removed = removed + redis.call('ZREM', beats, id)
  end
end
return removed
`)
