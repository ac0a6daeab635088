/** Functions for scripts: the server's clock, and numbers as text without an exponent. */
export const clock = `
local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function text(number) return string.format('%.0f', number) end
`
