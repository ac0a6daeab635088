import { rememberedFolds } from './read-script.js'
import { Script } from './script.js'
import { write } from './script-parts.js'

/*
 * Redis has come back empty: one process writes what it has seen of the service into the new state. The field `restoring`
 * of the state has what is restored, by which process, and until when: `<ID of the lost state> <owner> <milliseconds of
 * the server's clock>`. What it restores is staged, and becomes part of the service in one step: a process that ends
 * before has changed nothing, whatever another one has seen that continues. The field `ancestors` has the IDs of the
 * states whose totals this state contains.
 */

/** Milliseconds that a restoration belongs to a process; each of its calls renews them. */
const lease = 10_000
/** The maximum number of ancestors that a state remembers. */
const mostAncestors = 64

/** What the field of a restoration has, which process renews it, and whether the state has what is to be restored. */
const restoring = `
local function holder(state)
  local before, owner, ends = string.match(redis.call('HGET', state, 'restoring') or '', '^(%S+) (%S+) (%d+)$')
  return before, owner, tonumber(ends or 0)
end
local function renew(state, before, owner)
  redis.call('HSET', state, 'restoring', before .. ' ' .. owner .. ' ' .. text(milliseconds() + ${lease}))
end
local function isHeld(state, before, owner)
  local held, by = holder(state)
  return held == before and by == owner
end
-- The lost state and its ancestors are the arguments from \`first\` on.
local function hasLineage(state, first)
  local known = { [redis.call('HGET', state, 'born') or ''] = true }
  for each in string.gmatch(redis.call('HGET', state, 'ancestors') or '', '%S+') do known[each] = true end
  for n = first, #ARGV do
    if known[ARGV[n]] then return true end
  end
  return false
end
`

/**
 * Gives `own` to the process that restores what an earlier state had: the first that asks, the same one again, or another
 * one when the lease has ended. The others get `begun` while that one restores, and `ended` where nothing is to be
 * restored: the totals of that state, or of one before it, are there already. A process that may not begin yet gets `open`
 * where no process restores, and changes nothing.
 */
export const claimRestoration = new Script(`${write}${restoring}
local state, entries, tombs = KEYS[1], KEYS[2], KEYS[3]
local nonce, expire, owner, mayBegin, before = unpack(ARGV, 1, 5)
if hasLineage(state, 5) then return 'ended' end
if not isHeld(state, before, owner) then
  local other, _, ends = holder(state)
  if other and ends >= milliseconds() then return 'begun' end
  if mayBegin ~= '1' then return 'open' end
  redis.call('DEL', entries, tombs)
end
begin(state, nonce, expire)
renew(state, before, owner)
return 'own'
`)

/**
 * Stages one ledger, unless there is one under its ID, or its writer was folded since, or totals that Redis still has
 * contain it: it has lost the state alone. Gives `written` or `there`;
 * `pieces` where pieces of it are missing, `lost` where the restoration does not belong to the process any more.
 */
export const restore = new Script(`${write}${restoring}
local ledgers, folded, values, names, exemplars, pending, state, entries = unpack(KEYS)
local id, entry, expire, before, owner, known, token, ahead, last = unpack(ARGV)
if not isHeld(state, before, owner) then return 'lost' end
renew(state, before, owner)
if redis.call('HGET', ledgers, id) or redis.call('HGET', folded, id) then return 'there' end
-- Totals: the ID under which they were.
local origin = known ~= '' and originOf(entry)
if origin and (originOf(redis.call('HGET', ledgers, known) or '') == origin or redis.call('HGET', folded, 'origin:' .. origin)) then
  return 'there'
end
if incomplete(pending, token, ahead) then return 'pieces' end
write(ahead, last, '1', values, names, exemplars, pending, expire)
redis.call('HSET', entries, id, entry)
redis.call('PEXPIRE', entries, expire)
return 'written'
`)

/**
 * Replaces a ledger that has less than another process has seen of it; gives `pieces` where pieces of it are missing. One
 * that is not there may be in the totals.
 */
export const replace = new Script(`${write}
local ledgers, values, names, exemplars, pending = unpack(KEYS)
local id, entry, expire, token, ahead, last = unpack(ARGV)
local stored = redis.call('HGET', ledgers, id)
if not stored or versionOf(stored) >= versionOf(entry) then return 'there' end
if incomplete(pending, token, ahead) then return 'pieces' end
write(ahead, last, '1', values, names, exemplars, pending, expire)
redis.call('HSET', ledgers, id, entry)
return 'written'
`)

/** Stages tombstones, behind those that are there; gives 0 where the restoration does not belong to the process any more. */
export const restoreTombstones = new Script(`${write}${restoring}
local state, tombs = KEYS[1], KEYS[2]
local isFirst, expire, owner, before = unpack(ARGV, 1, 4)
if not isHeld(state, before, owner) then return 0 end
renew(state, before, owner)
if isFirst == '1' then redis.call('DEL', tombs) end
for n = 5, #ARGV do redis.call('RPUSH', tombs, ARGV[n]) end
redis.call('PEXPIRE', tombs, expire)
return 1
`)

/**
 * Makes all that is staged part of the service, in one step: ledgers that are not there, and the tombstones of writers that
 * the restored totals contain. Where such a writer has come back meanwhile, its old counts are in a ledger of their own,
 * which is dropped. Readers that are between two chunks follow it like a fold.
 *
 * Gives 0 where the restoration does not belong to the process any more, else the IDs of the ledgers that were dropped.
 */
export const endRestoration = new Script(`${write}${restoring}
local ledgers, beats, folded, state, entries, tombs, tombstones = unpack(KEYS)
local owner, expire, before = unpack(ARGV, 1, 3)
if not isHeld(state, before, owner) then return 0 end
redis.call('HDEL', state, 'restoring')
if hasLineage(state, 3) then
  redis.call('DEL', entries, tombs)
  return {}
end
local now = milliseconds()
local all, targets, sources, added = redis.call('HGETALL', entries), {}, {}, {}
for n = 1, #all, 2 do
  local id, lives, isLeft, entry = all[n], string.match(all[n + 1], '^(%d) (%d) (.*)$')
  if not redis.call('HGET', ledgers, id) and not redis.call('HGET', folded, id) then
    redis.call('HSET', ledgers, id, entry)
    if lives == '1' then redis.call('ZADD', beats, text(now), id) end
    if isLeft == '1' then targets[#targets + 1] = id end
  end
end
for _, tomb in ipairs(redis.call('LRANGE', tombs, 0, -1)) do
  local id, what = string.match(tomb, '^(%S+) (.*)$')
  local entry = redis.call('HGET', ledgers, id)
  -- A writer that counts on under its name is not in the totals.
  if (not entry or isInDoubt(entry)) and redis.call('HSETNX', folded, id, what) == 1 then
    added[#added + 1] = tomb
    if entry then
      redis.call('HDEL', ledgers, id)
      redis.call('ZREM', beats, id)
      sources[#sources + 1] = id
    end
  end
end
if #added > 0 then bury(state, tombstones, added, now) end
redis.call('DEL', entries, tombs)
local lineage = {}
for n = 3, #ARGV do lineage[#lineage + 1] = ARGV[n] end
for each in string.gmatch(redis.call('HGET', state, 'ancestors') or '', '%S+') do lineage[#lineage + 1] = each end
redis.call('HSET', state, 'ancestors', table.concat(lineage, ' ', 1, math.min(#lineage, ${mostAncestors})))
redis.call('HSET', state, 'began', text(now))
local folds = redis.call('HINCRBY', state, 'folds', 1)
redis.call('HSET', state, 'fold:' .. text(folds), cjson.encode({ sources = sources, targets = targets }))
redis.call('HDEL', state, 'fold:' .. text(folds - ${rememberedFolds}))
for _, key in ipairs({ ledgers, beats, folded, state, tombstones }) do redis.call('PEXPIRE', key, expire) end
return sources
`)

/** Removes keys of ledgers that are not there any more. */
export const removeKeys = new Script(`return redis.call('DEL', unpack(KEYS))`)
