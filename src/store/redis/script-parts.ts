/*
 * Scripts carry out one step each. A script computes no key: it declares every key that it uses, as Redis Cluster and
 * ACL users need it. Scripts do not calculate with values; they move bytes to their position.
 *
 * An entry of the ledgers: `<version> <seat> <removals taken> <edition> <exemplars version> <facts, JSON>`.
 */

/** Writes a change behind argument `i`: the stretches of values and of names, then the exemplars. */
export const write = `
local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function text(number) return string.format('%.0f', number) end
local function numberIn(state, field) return tonumber(redis.call('HGET', state, field) or 0) end
-- A beat from \`graced\` on counts as if it came at \`grace\`: Redis was away, and no writer could send one.
local function lives(beat, state, now, deadAfter)
  if beat >= numberIn(state, 'graced') then beat = beat > 0 and math.max(beat, numberIn(state, 'grace')) or 0 end
  return beat > 0 and now - beat <= tonumber(deadAfter)
end
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
