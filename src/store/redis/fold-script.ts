import { rememberedFolds } from './read-script.js'
import { Script } from './script.js'
import { write } from './script-parts.js'

/**
 * Adds the numbers of a ledger to others, in one step: writes those as they are with it, and takes it away. Nothing
 * happens when any of them is not what was read, or its writer lives. With no ledger, it writes the others alone.
 */
export const fold = new Script(`${write}
local ledgers, beats, state, folded = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, version, deadAfter, expire, count = unpack(ARGV, 1, 5)
local now = milliseconds()
if id ~= '' then
  local source = redis.call('HGET', ledgers, id)
  if not source or versionOf(source) ~= tonumber(version) then return 'moved' end
  local beat = tonumber(redis.call('ZSCORE', beats, id) or 0)
  local grace = tonumber(redis.call('HGET', state, 'grace') or 0)
  if beat > 0 and now - math.max(beat, grace) <= tonumber(deadAfter) then return 'lives' end
end
local i = 6
local places, targets = {}, {}
for n = 1, tonumber(count) do
  local target = redis.call('HGET', ledgers, ARGV[i])
  if (target and versionOf(target) or 0) ~= tonumber(ARGV[i + 1]) then return 'moved' end
  places[n], targets[n] = i, ARGV[i]
  -- Behind the four words of a target come two counted lists of stretches and one of exemplars.
  i = i + 4
  for _ = 1, 3 do i = i + 1 + 2 * tonumber(ARGV[i]) end
end
for n, at in ipairs(places) do
  local k = 8 + 3 * (n - 1)
  write(at + 4, ARGV[at + 3], KEYS[k], KEYS[k + 1], KEYS[k + 2], expire)
  redis.call('HSET', ledgers, ARGV[at], ARGV[at + 2])
end
-- A reader that is between two chunks sees from this what to drop and what to read again.
local folds = redis.call('HINCRBY', state, 'folds', 1)
local step = { sources = { id ~= '' and id or nil }, targets = targets }
redis.call('HSET', state, 'fold:' .. text(folds), cjson.encode(step))
redis.call('HDEL', state, 'fold:' .. text(folds - ${rememberedFolds}))
redis.call('PEXPIRE', state, expire)
if id == '' then return 'done' end
redis.call('DEL', KEYS[5], KEYS[6], KEYS[7])
redis.call('HDEL', ledgers, id)
redis.call('ZREM', beats, id)
redis.call('HSET', folded, id, version .. ' ' .. text(now))
if redis.call('HLEN', folded) > 100 then
  local tombs = redis.call('HGETALL', folded)
  for n = 1, #tombs, 2 do
    if now - tonumber(string.match(tombs[n + 1], ' (%d+)')) > 3600000 then redis.call('HDEL', folded, tombs[n]) end
  end
end
return 'done'
`)
