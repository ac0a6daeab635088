import { Script } from './script.js'
import { clock } from './script-clock.js'

/** The maximum number of folds that the state remembers: a reader that is further behind starts again. */
export const rememberedFolds = 8

/**
 * The state of a service at one moment, with which every reply begins: the time, the ID of this state, the number of
 * folds, the ledgers that each fold after the known number deleted and rewrote, the last flush, the states whose totals
 * this one contains, and when this one began.
 */
const moment = `${clock}
local function moment(state, known)
  local folds = tonumber(redis.call('HGET', state, 'folds') or 0)
  local later = {}
  if known >= 0 and folds > known and folds - known <= ${rememberedFolds} then
    for n = known + 1, folds do later[#later + 1] = redis.call('HGET', state, 'fold:' .. text(n)) or '' end
  end
  return { milliseconds(), redis.call('HGET', state, 'born') or '', text(folds), later,
    redis.call('HGET', state, 'last') or '0', redis.call('HGET', state, 'ancestors') or '',
    redis.call('HGET', state, 'began') or '0' }
end
`

/**
 * Reads a chunk of the entries with their heartbeats, and of the removals and tombstones since a position. A service is
 * read in chunks, so that no call blocks Redis for long. Each reply lists the folds between two chunks.
 */
export const survey = new Script(`${moment}
local ledgers, beats, state, removals, tombstones = unpack(KEYS)
local known, cursor, count, from, most = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local buried = tonumber(redis.call('HGET', state, 'buried') or 0)
local firstTomb = math.min(math.max(0, tonumber(ARGV[6]) - buried), redis.call('LLEN', tombstones))
local tombs = redis.call('LRANGE', tombstones, firstTomb, firstTomb + most - 1)
local removed = tonumber(redis.call('HGET', state, 'removed') or 0)
local length = redis.call('LLEN', removals)
local start = math.min(math.max(0, from - removed), length)
local chunk, entries = { '0', {} }, {}
if cursor ~= '' then chunk = redis.call('HSCAN', ledgers, cursor, 'COUNT', count) end
for n = 1, #chunk[2], 2 do
  local id = chunk[2][n]
  entries[#entries + 1] = { id, chunk[2][n + 1], redis.call('ZSCORE', beats, id) or '0' }
end
return { moment(state, known), chunk[1], entries, redis.call('HLEN', ledgers),
  redis.call('HGET', state, 'grace') or '0', redis.call('HGET', state, 'graced') or '0',
  redis.call('HGET', state, 'format') or '', text(removed), length, text(removed + start),
  redis.call('LRANGE', removals, start, start + most - 1), redis.call('HGET', state, 'shards') or '1',
  text(buried + firstTomb + #tombs), tombs, redis.call('LLEN', tombstones) > firstTomb + #tombs and 1 or 0 }
`)

/**
 * Reads what has changed in ledgers since their known versions, as many as fit into the number of bytes. The names of a
 * ledger that does not fit are returned in pieces; its values and exemplars follow with the last piece.
 */
export const read = new Script(`${moment}
local ledgers, state = KEYS[1], KEYS[2]
local room = tonumber(ARGV[2])
local found = {}
for n = 1, (#ARGV - 2) / 5 do
  local a, k = 3 + 5 * (n - 1), 3 + 3 * (n - 1)
  local entry = redis.call('HGET', ledgers, ARGV[a])
  local version, edition, drawn = string.match(entry or '', '^(%d+) %d+ %d+ (%d+) (%d+)')
  if not entry then
    found[n] = { 'gone' }
  elseif version == ARGV[a + 1] and edition == ARGV[a + 2] then
    found[n] = { 'same', entry }
  else
    local known, length = 0, redis.call('STRLEN', KEYS[k + 1])
    if edition == ARGV[a + 2] and tonumber(ARGV[a + 3]) <= length then known = tonumber(ARGV[a + 3]) end
    local names = length - known
    local news = drawn ~= ARGV[a + 4] or known == 0
    local size = names + redis.call('STRLEN', KEYS[k]) + (news and 150 * redis.call('HLEN', KEYS[k + 2]) or 0)
    if size > room and n > 1 then break end
    if names > room then
      found[n] = { 'piece', entry, known, redis.call('GETRANGE', KEYS[k + 1], known, known + room - 1) }
      break
    end
    room = room - size
    found[n] = { 'whole', entry, known, redis.call('GETRANGE', KEYS[k + 1], known, -1), redis.call('GET', KEYS[k]) or '',
      news and redis.call('HGETALL', KEYS[k + 2]) or 'same' }
  end
end
return { moment(state, tonumber(ARGV[1])), found }
`)
