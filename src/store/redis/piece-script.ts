import { Script } from './script.js'

/** Milliseconds that a piece waits for the next one. */
const pieceExpiry = 60_000

/**
 * Takes one piece of a change, which waits in a list until a script takes all of them: the list is the token of the
 * change, then its pieces in order. A piece that is there already, or not the next one, changes nothing.
 *
 * Gives how many pieces of the change are there; -1 where the ledger does not have the version that the change is based on,
 * or was added to the totals.
 */
export const sendPiece = new Script(`
local pending, ledgers, folded = unpack(KEYS)
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
redis.call('PEXPIRE', pending, ${pieceExpiry})
return count
`)
