import { mock } from 'node:test'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const realNow: () => number = runInNewContext('Date.now')
const RealDate = Date

/** The clock, as promhive takes it when it is loaded now. */
async function loaded(): Promise<() => number> {
  vi.resetModules()
  return (await import('../../src/platform/system-time.js')).systemNow
}

/** As mockdate does it: a function with the prototype of the real `Date`. */
function replaceDate(time: number): void {
  const Replaced = (() => new RealDate(time)) as unknown as DateConstructor
  Object.assign(Replaced, { prototype: RealDate.prototype, now: () => time })
  globalThis.Date = Replaced
}

const year2001 = 1_000_000_000_000
const fakes: readonly (readonly [string, () => void])[] = [
  ['fake timers of vitest and Jest', () => void vi.useFakeTimers({ toFake: ['Date'], now: year2001 })],
  ['every fake of vitest', () => void vi.useFakeTimers({ now: year2001 })],
  ['mock.timers of node:test', () => mock.timers.enable({ apis: ['Date'], now: year2001 })],
  ['another Date', () => replaceDate(year2001)],
  ['another Date.now', () => void vi.spyOn(Date, 'now').mockReturnValue(year2001)],
]

describe.each(fakes)('with %s', (_, fake) => {
  beforeEach(() => vi.useRealTimers())
  afterEach(() => {
    vi.useRealTimers()
    mock.timers.reset()
    vi.restoreAllMocks()
    globalThis.Date = RealDate
  })

  test.each(['before', 'after'])('installed %s promhive was loaded, the system has its own time', async (order) => {
    if (order === 'before') fake()
    const systemNow = await loaded()
    if (order === 'after') fake()
    expect(Date.now()).toBe(year2001)
    const before = realNow()
    const now = systemNow()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(realNow())
  })
})
