import { rememberedFolds } from './read-script.js'
import { Script } from './script.js'
import { write } from './script-parts.js'

/*
 * These scripts run after Redis has come back empty: one process writes its view of the service into the new state. The
 * field `restoring` of the state contains `<ID of the lost state> <owner> <end of the lease, in milliseconds of the
 * server's clock>`. Restored data is staged, and becomes part of the service in one step. A process that ends before
 * that step has changed nothing, and another process with another view may start again. The field `ancestors` has the
 * IDs of the states whose totals this state contains.
 */

/** Milliseconds for which a restoration belongs to a process; each of its calls renews them. */
const lease = 10_000
/** The maximum number of ancestors that a state remembers. */
const mostAncestors = 64

/**
 * Functions to read and renew the field of a restoration, and to check whether the state contains the lost one already.
 */
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
 * Returns `own` to the process that restores an earlier state: the first caller, the same process again, or another one
 * after the end of the lease. Other processes get `begun` while it restores, and `ended` if nothing must be restored
 * because the totals of that state, or of one before it, are present already. A process that may not begin yet gets
 * `open` if no process restores, and changes nothing.
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
 * Stages one ledger, unless its ID exists, its writer was folded since, or Redis still has totals that contain it
 * because only the state was lost. Returns `written` or `there`; `pieces` if pieces of it are missing, `lost` if the
 * restoration no longer belongs to the process.
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
 * Replaces a ledger by a newer version that another process has read; returns `pieces` if pieces of it are missing. A
 * missing ledger is not written, because it may be in the totals.
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

/** Stages tombstones, after the present ones; returns 0 if the restoration no longer belongs to the process. */
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
 * Makes all staged data part of the service, in one step: missing ledgers, and the tombstones of writers that are part
 * of the restored totals. If such a writer has come back meanwhile, its old counts are in a separate ledger, which is
 * dropped. Readers between two chunks follow this step like a fold.
 *
 * Returns 0 if the restoration no longer belongs to the process, otherwise the IDs of the dropped ledgers.
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

/** Removes the keys of ledgers that no longer exist. */
export const removeKeys = new Script(`return redis.call('DEL', unpack(KEYS))`)
