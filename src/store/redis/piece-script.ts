import { Script } from './script.js'
import { clock } from './script-clock.js'

/** Milliseconds that a piece waits for the next one. */
const pieceExpiry = 60_000

/**
 * Stores one piece of a change in a list until a script applies all pieces. The list contains the token of the change,
 * then its pieces in order. A piece that is present already, or is not the next one, changes nothing.
 *
 * The pieces of a writer count as its heartbeats if the last two keys are passed.
 *
 * Returns the number of stored pieces of the change; -1 if the ledger does not have the version that the change is
 * based on, or was added to the totals.
 */
export const sendPiece = new Script(`${clock}
local pending, ledgers, folded, beats, state = unpack(KEYS)
local token, index, ledger, base, piece = unpack(ARGV)
if redis.call('HGET', folded, ledger) then return -1 end
if base ~= '' then
  local entry = redis.call('HGET', ledgers, ledger)
  if (entry and string.match(entry, '^(%d+)') or '0') ~= base then return -1 end
end
if redis.call('LRANGE', pending, 0, 0)[1] ~= token then
  if index ~= '1' then return 0 end
  redis.call('DEL', pending)
  redis.call('RPUSH', pending, token)
end
local count = redis.call('LLEN', pending) - 1
if count == tonumber(index) - 1 then count = redis.call('RPUSH', pending, piece) - 1 end
if beats and redis.call('ZADD', beats, 'XX', 'CH', text(milliseconds()), ledger) == 1 then
  redis.call('HSET', state, 'last', text(milliseconds()))
end
redis.call('PEXPIRE', pending, ${pieceExpiry})
return count
`)
