import { clock } from './script-clock.js'

/*
 * Scripts carry out one step each. They compute no keys: each script declares every key that it uses, as Redis Cluster
 * and ACL users require. Scripts do not calculate with values; they move bytes to their position.
 *
 * An entry of the ledgers: `<version> <seat> <removals taken> <edition> <exemplars version> <facts, JSON>`.
 */

/** Functions for scripts that write. */
export const write = `${clock}
local function numberIn(state, field) return tonumber(redis.call('HGET', state, field) or 0) end
-- A beat from \`graced\` on counts as if it came at \`grace\`: Redis was away, and no writer could send one.
local function lives(beat, state, now, deadAfter)
  if beat >= numberIn(state, 'graced') then beat = beat > 0 and math.max(beat, numberIn(state, 'grace')) or 0 end
  return beat > 0 and now - beat <= tonumber(deadAfter)
end
-- Begins a state, where there is none.
local function begin(state, nonce, expire)
  local now = milliseconds()
  redis.call('HSETNX', state, 'format', '1')
  if redis.call('HSETNX', state, 'born', nonce) == 1 then redis.call('HSETNX', state, 'began', text(now)) end
  redis.call('HSETNX', state, 'removed', text(now * 1000))
  redis.call('PEXPIRE', state, expire)
end
-- Whether the totals of an earlier state were restored.
local function isAncestor(state, born)
  for each in string.gmatch(redis.call('HGET', state, 'ancestors') or '', '%S+') do
    if each == born then return true end
  end
  return false
end
-- Whether the counts of a dead writer's ledger may be in totals that are still to be restored, or the other way round.
local function isInDoubt(entry) return string.find(entry, '"doubt":"', 1, true) ~= nil end
-- Whether its writer has counted in an earlier state, whose ledgers may still be restored.
local function hasOutlived(entry) return string.find(entry, '"outlived":true', 1, true) ~= nil end
-- The ID that totals keep as long as they are added to.
local function originOf(entry) return string.match(entry, '"origin":"([^"]+)"') end
-- Lists writers that may come back. Positions only grow, even where the list has expired.
local function bury(state, tombstones, tombs, now)
  if redis.call('LLEN', tombstones) == 0 then redis.call('HSET', state, 'buried', text(now * 1000)) end
  for _, tomb in ipairs(tombs) do redis.call('RPUSH', tombstones, tomb) end
end
local function versionOf(entry) return tonumber(string.match(entry, '^(%d+)')) end
-- A piece of a change: \`<kind><number> <length>\` for each of its parts, a line feed, and the bytes of all parts.
local function writePiece(piece, values, names, exemplars)
  local at = string.find(piece, '\\n', 1, true)
  local header = string.sub(piece, 1, at)
  at = at + 1
  for kind, number, length in string.gmatch(header, '(%a)(%d+) (%d+)') do
    local bytes = function(count)
      at = at + count
      return string.sub(piece, at - count, at - 1)
    end
    if kind == 'x' then
      local field, exemplar = bytes(tonumber(number)), bytes(tonumber(length))
      if exemplar == '' then redis.call('HDEL', exemplars, field) else redis.call('HSET', exemplars, field, exemplar) end
    else
      redis.call('SETRANGE', kind == 'v' and values or names, number, bytes(tonumber(length)))
    end
  end
end
-- How many of the pieces that were sent ahead are there, unless all of them are.
local function incomplete(pending, token, ahead)
  if tonumber(ahead) == 0 then return nil end
  local count = redis.call('LRANGE', pending, 0, 0)[1] == token and redis.call('LLEN', pending) - 1 or 0
  if count < tonumber(ahead) then return count end
end
-- Writes a change whose pieces are there; \`last\` is the one that was not sent ahead.
local function write(ahead, last, whole, values, names, exemplars, pending, expire)
  if whole == '1' then redis.call('DEL', values, names, exemplars) end
  for n = 1, tonumber(ahead) do
    writePiece(redis.call('LRANGE', pending, n, n)[1], values, names, exemplars)
  end
  writePiece(last, values, names, exemplars)
  if tonumber(ahead) > 0 then redis.call('DEL', pending) end
  for _, key in ipairs({ values, names, exemplars }) do redis.call('PEXPIRE', key, expire) end
end
`
