import { Script } from './script.js'
import { write } from './script-parts.js'

/**
 * Takes one change of one writer, whatever the number of series, and gives it news in return.
 *
 * The change carries the version that it leads to and the one that it stands on. A version that Redis has already is
 * not written again: so a change that is sent once more, because its answer was lost, is taken once.
 *
 * Gives `ok`, the seat, the end of the removals, how many writers are dead, and the removals since; `behind` and a
 * version when Redis has not what the change stands on; `folded` and a version when the writer was taken for dead.
 * To who only asks (`whole` is `?`) it says `behind`, the version and the edition.
 */
export const flush = new Script(`${write}
local ledgers, beats, state, removals, folded, values, names, exemplars = unpack(KEYS)
local id, base, version, whole, rest, deadAfter, expire, leaves, wanted, valuesLength, namesLength, from = unpack(ARGV, 1, 12)
local now = milliseconds()
local tomb = redis.call('HGET', folded, id)
if tomb then return { 'folded', versionOf(tomb) } end
local stored = redis.call('HGET', ledgers, id)
local has = stored and versionOf(stored) or 0
if whole == '?' then
  return { 'behind', has, stored and tonumber(string.match(stored, '^%d+ %d+ %d+ (%d+)')) or 0 }
end
redis.call('HSETNX', state, 'removed', text(now * 1000))
local removed = tonumber(redis.call('HGET', state, 'removed'))
-- A silence of everybody was an outage, and no reason to take the others for dead.
local last = tonumber(redis.call('HGET', state, 'last') or now)
if now - last > tonumber(deadAfter) then redis.call('HSET', state, 'grace', text(now)) end
local seat = stored and tonumber(string.match(stored, '^%d+ (%d+)'))
-- Who goes on with a ledger of others has taken what they had; who is new, whatever was removed before it came.
local since = tonumber(from)
if since == 0 then
  since = stored and tonumber(string.match(stored, '^%d+ %d+ (%d+)')) or removed + redis.call('LLEN', removals)
end
if has < tonumber(version) then
  local fits = stored and has == tonumber(base)
    and redis.call('STRLEN', values) == tonumber(valuesLength) and redis.call('STRLEN', names) == tonumber(namesLength)
  if whole ~= '1' and not fits then return { 'behind', has } end
  local grace = tonumber(redis.call('HGET', state, 'grace') or 0)
  if not seat then
    local taken = {}
    for _, other in ipairs(redis.call('ZRANGE', beats, 0, -1, 'WITHSCORES')) do taken[#taken + 1] = other end
    local used = {}
    for n = 1, #taken, 2 do
      local beat = tonumber(taken[n + 1])
      if beat > 0 and now - math.max(beat, grace) <= tonumber(deadAfter) then
        local entry = redis.call('HGET', ledgers, taken[n])
        if entry then used[tonumber(string.match(entry, '^%d+ (%d+)'))] = true end
      end
    end
    seat = tonumber(wanted)
    if seat == 0 or used[seat] then
      seat = 1
      while used[seat] do seat = seat + 1 end
    end
  end
  local i = 13
  local count = tonumber(ARGV[i])
  for n = 1, count do redis.call('RPUSH', removals, ARGV[i + n]) end
  write(i + 1 + count, whole, values, names, exemplars, expire)
  redis.call('HSET', ledgers, id, version .. ' ' .. seat .. ' ' .. text(since) .. ' ' .. rest)
end
redis.call('HSET', state, 'last', text(now))
redis.call('ZADD', beats, leaves == '1' and 0 or now, id)
for n = 1, 8 do redis.call('PEXPIRE', KEYS[n], expire) end
local grace = tonumber(redis.call('HGET', state, 'grace') or 0)
local deadUntil = now - grace > tonumber(deadAfter) and text(now - tonumber(deadAfter)) or 0
local dead = redis.call('ZCOUNT', beats, 0, deadUntil)
local length = redis.call('LLEN', removals)
return { 'ok', seat, text(removed + length), dead,
  redis.call('LRANGE', removals, math.max(0, since - removed), -1) }
`)
