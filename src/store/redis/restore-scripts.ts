import { Script } from './script.js'
import { write } from './script-parts.js'

/*
 * Redis has come back empty: one process writes what it has seen of the service into the new state. The field
 * `restored:<ID of the lost state>` has the process that restores it, and until when: `begun <owner> <milliseconds of the
 * server's clock>`; then `ended`. The field `ancestors` has the IDs of the states whose totals this state contains.
 */

/** Milliseconds that a restoration belongs to a process; each of its calls renews them. */
const lease = 10_000
/** The maximum number of ancestors that a state remembers. */
const mostAncestors = 64

/** The value of the field of a restoration, and the process that renews it. */
const restoring = `
local function holder(state, before)
  local owner, ends = string.match(redis.call('HGET', state, 'restored:' .. before) or '', '^begun (%S+) (%d+)$')
  return owner, tonumber(ends or 0)
end
local function renew(state, before, owner)
  redis.call('HSET', state, 'restored:' .. before, 'begun ' .. owner .. ' ' .. text(milliseconds() + ${lease}))
end
`

/**
 * Gives `own` to the process that restores what an earlier state had: the first that asks, the same one again, or another
 * one when the lease has ended. The others get `begun` while that one restores, and `ended` where nothing is to be
 * restored: it is done, or the totals of that state, or of one before it, are there already. A process that may not begin
 * yet gets `open` where no process restores, and changes nothing.
 */
export const claimRestoration = new Script(`${write}${restoring}
local state = KEYS[1]
local before, nonce, expire, owner, mayBegin = unpack(ARGV, 1, 5)
if redis.call('HGET', state, 'restored:' .. before) == 'ended' then return 'ended' end
local other, ends = holder(state, before)
if other and other ~= owner and ends >= milliseconds() then return 'begun' end
if not other then
  local born, known = redis.call('HGET', state, 'born'), {}
  local list = redis.call('HGET', state, 'ancestors') or ''
  for each in string.gmatch(list, '%S+') do known[each] = true end
  if born then known[born] = true end
  -- Behind them stand the ancestors of the lost state.
  local lineage = { before }
  for n = 6, #ARGV do lineage[#lineage + 1] = ARGV[n] end
  for _, each in ipairs(lineage) do
    if known[each] then return 'ended' end
  end
  if mayBegin ~= '1' then return 'open' end
  for each in string.gmatch(list, '%S+') do lineage[#lineage + 1] = each end
  redis.call('HSET', state, 'ancestors', table.concat(lineage, ' ', 1, math.min(#lineage, ${mostAncestors})))
elseif other ~= owner and mayBegin ~= '1' then
  return 'open'
end
redis.call('HSETNX', state, 'format', '1')
redis.call('HSETNX', state, 'born', nonce)
redis.call('HSETNX', state, 'removed', text(milliseconds() * 1000))
redis.call('PEXPIRE', state, expire)
renew(state, before, owner)
return 'own'
`)

/**
 * Writes one ledger, unless there is one under its ID, or its writer was folded since. Gives `written` or `there`;
 * `pieces` where pieces of it are missing, `lost` where the restoration does not belong to the process any more.
 */
export const restore = new Script(`${write}${restoring}
local ledgers, beats, folded, state = KEYS[1], KEYS[2], KEYS[3], KEYS[8]
local id, entry, lives, expire, before, owner = unpack(ARGV, 1, 6)
if holder(state, before) ~= owner then return 'lost' end
renew(state, before, owner)
if redis.call('HGET', ledgers, id) or redis.call('HGET', folded, id) then return 'there' end
-- Behind them stand the pieces: token, how many were sent ahead, and the last.
if incomplete(KEYS[7], ARGV[7], ARGV[8]) then return 'pieces' end
write(ARGV[8], ARGV[9], '1', KEYS[4], KEYS[5], KEYS[6], KEYS[7], expire)
redis.call('HSET', ledgers, id, entry)
if lives == '1' then redis.call('ZADD', beats, text(milliseconds()), id) end
for n = 1, 3 do redis.call('PEXPIRE', KEYS[n], expire) end
return 'written'
`)

/** Notes that all of it is restored; gives 0 where the restoration does not belong to the process any more. */
export const endRestoration = new Script(`${write}${restoring}
if holder(KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'restored:' .. ARGV[1], 'ended')
return 1
`)
