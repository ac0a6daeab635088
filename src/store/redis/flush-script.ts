import { Script } from './script.js'
import { write } from './script-parts.js'

/**
 * Applies one change of one writer, whatever the number of series, and returns news to it.
 *
 * The change contains the version that it leads to and the one that it is based on. A version that Redis already has is
 * not written again, so a change that is sent again because its answer was lost is applied once.
 *
 * Returns `ok`, the seat, the position after the removals that follow, the number of writers to fold, those removals,
 * whether to renew the expiry of the service's keys, `born`, and the time. Returns `behind` and a version if Redis does
 * not have the version that the change is based on; `folded` and a version if the writer was taken for dead. If `whole`
 * is `?`, nothing is written: the answer is `behind`, the version and the edition.
 *
 * The time of each part grows at most logarithmically with the number of writers.
 */
export const flush = new Script(`${write}
local ledgers, beats, state, removals, folded, seats, values, names, exemplars, pending = unpack(KEYS)
local id, base, version, whole, rest, deadAfter, expire, leaves, preferredSeat, valuesLength, namesLength, from, born, answered, retention, silent, token, ahead, last = unpack(ARGV, 1, 19)
local now = milliseconds()
local tomb = redis.call('HGET', folded, id)
if tomb then return { 'folded', versionOf(tomb) } end
local stored = redis.call('HGET', ledgers, id)
local has = stored and versionOf(stored) or 0
if whole == '?' then
  return { 'behind', has, stored and tonumber(string.match(stored, '^%d+ %d+ %d+ (%d+)')) or 0 }
end
if stored and born ~= '' and string.find(stored, '"doubt":"' .. born .. '"', 1, true) then return { 'folded', has } end
if not stored and tonumber(answered) > 0 then
  local away = now - tonumber(answered)
  if redis.call('HGET', state, 'born') == born or isAncestor(state, born) then
    -- Redis knew the writer, whose last sign of life is older than the memory of which writers were added to the totals.
    if away > tonumber(retention) then return { 'folded', tonumber(base) } end
  elseif math.max(away, tonumber(silent)) > tonumber(deadAfter) then
    return { 'doubt', 0 }
  end
end
begin(state, token, expire)
local removed = numberIn(state, 'removed')
local beat = tonumber(redis.call('ZSCORE', beats, id) or 0)
-- After a silence of the whole service, a writer that was there before it shows that Redis was away: the writers of
-- that time get a grace. A writer that is new shows nothing: those that were silent before it came stay dead.
local heard = tonumber(redis.call('HGET', state, 'last') or now)
if now - heard > tonumber(deadAfter) then
  redis.call('HSET', state, 'silent', text(heard))
  redis.call('HSET', state, 'resumed', text(now))
end
local silent, resumed = numberIn(state, 'silent'), numberIn(state, 'resumed')
local graced = silent - tonumber(deadAfter)
if stored and beat > 0 and beat >= graced and beat <= silent and now - resumed <= tonumber(deadAfter) then
  redis.call('HSET', state, 'grace', text(resumed))
  redis.call('HSET', state, 'graced', text(graced))
end
local seat = stored and tonumber(string.match(stored, '^%d+ (%d+)'))
-- A writer that continues a ledger of another process has taken what that one had; a new one, whatever came before.
local since = tonumber(from)
if since == 0 then
  since = stored and tonumber(string.match(stored, '^%d+ %d+ (%d+)')) or removed + redis.call('LLEN', removals)
end
if has < tonumber(version) then
  local fits = stored and has == tonumber(base)
    and redis.call('STRLEN', values) == tonumber(valuesLength) and redis.call('STRLEN', names) == tonumber(namesLength)
  if whole ~= '1' and not fits then return { 'behind', has } end
  local there = incomplete(pending, token, ahead)
  if there then return { 'pieces', there } end
  local heldSeat = redis.call('ZSCORE', seats, id)
  if heldSeat then
    seat = tonumber(heldSeat)
  else
    local function isFree(number) return number > 0 and redis.call('ZCOUNT', seats, number, number) == 0 end
    -- The longest silent come first: the seats of dead processes are free.
    local oldest = redis.call('ZRANGE', beats, 0, 99, 'WITHSCORES')
    for n = 1, #oldest, 2 do
      if lives(tonumber(oldest[n + 1]), state, now, deadAfter) then break end
      redis.call('ZREM', seats, oldest[n])
    end
    if not seat or not isFree(seat) then
      seat = tonumber(preferredSeat)
      if not isFree(seat) then
        -- No two writers have the same seat: where as many have one of the first as there are, none of those is free.
        local low, high = 0, redis.call('ZCOUNT', seats, 1, '+inf') + 1
        while high - low > 1 do
          local middle = math.floor((low + high) / 2)
          if redis.call('ZCOUNT', seats, 1, middle) == middle then low = middle else high = middle end
        end
        seat = high
      end
    end
    redis.call('ZADD', seats, seat, id)
  end
  for n = 20, #ARGV do redis.call('RPUSH', removals, ARGV[n]) end
  write(ahead, last, whole, values, names, exemplars, pending, expire)
  local wasLost = born ~= '' and born ~= redis.call('HGET', state, 'born')
  if wasLost or stored and hasOutlived(stored) then rest = string.sub(rest, 1, -2) .. ',"outlived":true}' end
  redis.call('HSET', ledgers, id, version .. ' ' .. seat .. ' ' .. text(since) .. ' ' .. rest)
end
redis.call('HSET', state, 'last', text(now))
redis.call('ZADD', beats, leaves == '1' and 0 or now, id)
for n = 1, 9 do redis.call('PEXPIRE', KEYS[n], expire) end
local keep = now - numberIn(state, 'kept') > tonumber(expire) / 4
if keep then redis.call('HSET', state, 'kept', text(now)) end
local dead = 0
local holder, leased = string.match(redis.call('HGET', state, 'lease') or '', '^(.*) (%d+)$')
if not holder or holder == id or tonumber(leased) < now then
  local grace = numberIn(state, 'grace')
  local silentSince = now - tonumber(deadAfter)
  if now - grace <= tonumber(deadAfter) then silentSince = math.min(silentSince, numberIn(state, 'graced')) end
  dead = redis.call('ZCOUNT', beats, 0, '(' .. text(math.max(1, silentSince)))
end
local start = math.max(0, since - removed)
local news = redis.call('LRANGE', removals, start, start + 4999)
return { 'ok', seat, text(removed + start + #news), dead, news, keep and 1 or 0, redis.call('HGET', state, 'born'), text(now) }
`)
