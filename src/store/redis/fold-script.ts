import { rememberedFolds } from './read-script.js'
import { Script } from './script.js'
import { write } from './script-parts.js'

/**
 * Replaces dead ledgers by targets that include their numbers, in one step: writes the targets and deletes the ledgers.
 * If ledgers have changed since they were read, or their writers are alive, it changes nothing and returns their names.
 * Without ledgers to delete, it only writes the targets.
 *
 * Each fold is listed in the state for a while, so that a reader between two chunks knows what to drop and what to read
 * again.
 */
export const fold = new Script(`${write}
local ledgers, beats, state, folded, seats, tombstones = unpack(KEYS, 1, 6)
local deadAfter, expire, retention, count = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = milliseconds()
local refused, sources, targets, places = {}, {}, {}, {}
local i = 5
for n = 1, count do
  local id = ARGV[i]
  local source = redis.call('HGET', ledgers, id)
  local beat = tonumber(redis.call('ZSCORE', beats, id) or 0)
  local moved = not source or versionOf(source) ~= tonumber(ARGV[i + 1])
  if moved or lives(beat, state, now, deadAfter) then refused[#refused + 1] = id end
  sources[n] = id
  i = i + 2
end
local firstTarget = i + 1
i = firstTarget
for n = 1, tonumber(ARGV[firstTarget - 1]) do
  local target = redis.call('HGET', ledgers, ARGV[i])
  if (target and versionOf(target) or 0) ~= tonumber(ARGV[i + 1]) then refused[#refused + 1] = ARGV[i] end
  -- The ledger, its version, its entry, whether all is new, and the pieces: token, how many were sent ahead, the last.
  if incomplete(KEYS[10 + 3 * count + 4 * (n - 1)], ARGV[i + 4], ARGV[i + 5]) then refused[#refused + 1] = ARGV[i] end
  places[n], targets[n] = i, ARGV[i]
  i = i + 7
end
if #refused > 0 then return { 'refused', refused } end
for n, at in ipairs(places) do
  local k = 7 + 3 * count + 4 * (n - 1)
  write(ARGV[at + 5], ARGV[at + 6], ARGV[at + 3], KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], expire)
  redis.call('HSET', ledgers, ARGV[at], ARGV[at + 2])
end
local tombs = {}
for n, id in ipairs(sources) do
  local k = 7 + 3 * (n - 1)
  local entry = redis.call('HGET', ledgers, id)
  redis.call('DEL', KEYS[k], KEYS[k + 1], KEYS[k + 2])
  redis.call('HDEL', ledgers, id)
  local hasLeft = tonumber(redis.call('ZSCORE', beats, id) or 0) == 0 and not isInDoubt(entry)
    and not hasOutlived(entry)
  redis.call('ZREM', beats, id)
  redis.call('ZREM', seats, id)
  local tomb = ARGV[6 + 2 * (n - 1)] .. ' ' .. text(now)
  -- Totals of an instance may be written again, with another origin.
  if string.find(entry, '"kind":"totals"', 1, true) then
    local origin = originOf(entry)
    if origin then redis.call('HSET', folded, 'origin:' .. origin, tomb) end
  else
    redis.call('HSET', folded, id, tomb)
    if not hasLeft then tombs[#tombs + 1] = id .. ' ' .. tomb end
  end
end
if #tombs > 0 then
  bury(state, tombstones, tombs, now)
  -- The oldest come first, and are forgotten faster than others come.
  local oldest, gone = redis.call('LRANGE', tombstones, 0, 100 + 2 * count), 0
  for _, tomb in ipairs(oldest) do
    if now - tonumber(string.match(tomb, ' (%d+)$') or 0) <= retention then break end
    gone = gone + 1
  end
  if gone > 0 then
    redis.call('LTRIM', tombstones, gone, -1)
    redis.call('HINCRBY', state, 'buried', gone)
  end
end
local folds = redis.call('HINCRBY', state, 'folds', 1)
redis.call('HSET', state, 'fold:' .. text(folds), cjson.encode({ sources = sources, targets = targets, tombs = tombs }))
redis.call('HDEL', state, 'fold:' .. text(folds - ${rememberedFolds}))
for n = 1, 6 do redis.call('PEXPIRE', KEYS[n], expire) end
-- Tombstones are pruned a chunk at a time, faster than they come.
if count > 0 and redis.call('HLEN', folded) > 100 then
  local chunk = redis.call('HSCAN', folded, redis.call('HGET', state, 'pruned') or '0', 'COUNT', 100 + 2 * count)
  for n = 1, #chunk[2], 2 do
    local at = tonumber(string.match(chunk[2][n + 1], ' (%d+)') or 0)
    if now - at > retention then redis.call('HDEL', folded, chunk[2][n]) end
  end
  redis.call('HSET', state, 'pruned', chunk[1])
end
return { 'done', text(folds) }
`)
