import { Script } from './script.js'
import { write } from './script-parts.js'

/**
 * Adds the numbers of a ledger to others, in one step: writes those as they are with it, and takes it away. Nothing
 * happens when any of them is not what was read, or its writer lives. With no ledger, it writes the others alone.
 */
export const fold = new Script(`${write}
local ledgers, beats, state, folded, seats = unpack(KEYS)
local id, version, deadAfter, expire, count = unpack(ARGV, 1, 5)
local now = milliseconds()
if id ~= '' then
  local source = redis.call('HGET', ledgers, id)
  if not source or versionOf(source) ~= tonumber(version) then return 'moved' end
  local beat = tonumber(redis.call('ZSCORE', beats, id) or 0)
  if lives(beat, state, now, deadAfter) then return 'lives' end
end
local i = 6
local places = {}
for n = 1, tonumber(count) do
  local target = redis.call('HGET', ledgers, ARGV[i])
  if (target and versionOf(target) or 0) ~= tonumber(ARGV[i + 1]) then return 'moved' end
  places[n] = i
  -- The ledger, its version, its entry, and its pieces: the token, how many were sent ahead, and the last one.
  if incomplete(KEYS[12 + 4 * (n - 1)], ARGV[i + 3], ARGV[i + 4]) then return 'moved' end
  i = i + 6
end
for n, at in ipairs(places) do
  local k = 9 + 4 * (n - 1)
  write(ARGV[at + 4], ARGV[at + 5], '1', KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], expire)
  redis.call('HSET', ledgers, ARGV[at], ARGV[at + 2])
end
if id == '' then return 'done' end
redis.call('DEL', KEYS[6], KEYS[7], KEYS[8])
redis.call('HDEL', ledgers, id)
redis.call('ZREM', beats, id)
redis.call('ZREM', seats, id)
redis.call('HSET', folded, id, version .. ' ' .. text(now))
if redis.call('HLEN', folded) > 100 then
  local tombs = redis.call('HGETALL', folded)
  for n = 1, #tombs, 2 do
    if now - tonumber(string.match(tombs[n + 1], ' (%d+)')) > math.max(3600000, 4 * tonumber(deadAfter)) then redis.call('HDEL', folded, tombs[n]) end
  end
end
return 'done'
`)
