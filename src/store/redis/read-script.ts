import { Script } from './script.js'

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
  redis.call('LLEN', removals), tonumber(redis.call('HGET', state, 'graced') or 0) }
`)
