import { Script } from './script.js'

/*
 * What Redis does for us, in one step each. No script computes a key: all that it touches is declared, as a cluster and
 * an ACL user ask for. None computes with values either; it moves bytes to where they belong.
 *
 * An entry of the ledgers: `<version> <seat> <removals taken> <edition> <exemplars version> <facts, JSON>`.
 */

/** Writes a change behind argument `i`: the stretches of values and of names, then the exemplars. */
const write = `
local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function text(number) return string.format('%.0f', number) end
local function write(i, whole, values, names, exemplars, expire)
  if whole == '1' then redis.call('DEL', values, names, exemplars) end
  for _, key in ipairs({ values, names }) do
    local count = tonumber(ARGV[i])
    for n = 1, count do redis.call('SETRANGE', key, ARGV[i + 2 * n - 1], ARGV[i + 2 * n]) end
    i = i + 1 + 2 * count
  end
  local count = tonumber(ARGV[i])
  for n = 1, count do
    local field, exemplar = ARGV[i + 2 * n - 1], ARGV[i + 2 * n]
    if exemplar == '' then redis.call('HDEL', exemplars, field) else redis.call('HSET', exemplars, field, exemplar) end
  end
  for _, key in ipairs({ values, names, exemplars }) do redis.call('PEXPIRE', key, expire) end
  return i + 1 + 2 * count
end
local function versionOf(entry) return tonumber(string.match(entry, '^(%d+)')) end
`

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

/**
 * Reads every ledger at one moment: of those that are asked for, what has changed since the version that is known.
 * Reading keeps the keys from expiring.
 */
export const read = new Script(`
local ledgers, beats, state, removals, folded = unpack(KEYS)
local expire, from = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local removed = tonumber(redis.call('HGET', state, 'removed') or 0)
local found = {}
for n = 1, (#ARGV - 2) / 5 do
  local a, k = 3 + 5 * (n - 1), 6 + 3 * (n - 1)
  local entry = redis.call('HGET', ledgers, ARGV[a])
  if not entry then
    found[n] = { 'gone' }
  else
    local version, edition, drawn = string.match(entry, '^(%d+) %d+ %d+ (%d+) (%d+)')
    if version == ARGV[a + 1] and edition == ARGV[a + 2] then
      found[n] = { 'same' }
    else
      local known = edition == ARGV[a + 2] and ARGV[a + 3] or '0'
      found[n] = { known, redis.call('GET', KEYS[k]) or '', redis.call('GETRANGE', KEYS[k + 1], known, -1),
        drawn ~= ARGV[a + 4] and redis.call('HGETALL', KEYS[k + 2]) or 'same' }
    end
  end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, expire) end
return { time[1] * 1000 + math.floor(time[2] / 1000), tonumber(redis.call('HGET', state, 'grace') or 0),
  string.format('%.0f', removed), redis.call('LRANGE', removals, math.max(0, from - removed), -1),
  redis.call('HGETALL', ledgers), redis.call('ZRANGE', beats, 0, -1, 'WITHSCORES'), found,
  redis.call('LLEN', removals) }
`)

/**
 * Adds the numbers of a ledger to others, in one step: writes those as they are with it, and takes it away. Nothing
 * happens when any of them is not what was read, or its writer lives. With no ledger, it writes the others alone.
 */
export const fold = new Script(`${write}
local ledgers, beats, state, folded = unpack(KEYS)
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
local places = {}
for n = 1, tonumber(count) do
  local target = redis.call('HGET', ledgers, ARGV[i])
  if (target and versionOf(target) or 0) ~= tonumber(ARGV[i + 1]) then return 'moved' end
  places[n] = i
  -- Behind the four words of a target come two counted lists of stretches and one of exemplars.
  i = i + 4
  for _ = 1, 3 do i = i + 1 + 2 * tonumber(ARGV[i]) end
end
for n, at in ipairs(places) do
  local k = 8 + 3 * (n - 1)
  write(at + 4, ARGV[at + 3], KEYS[k], KEYS[k + 1], KEYS[k + 2], expire)
  redis.call('HSET', ledgers, ARGV[at], ARGV[at + 2])
end
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
