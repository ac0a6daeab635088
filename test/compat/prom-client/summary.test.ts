import { afterEach, describe, expect, test, vi } from 'vitest'
import { Summary } from '../../../src/prom-client.js'
import { expectSame, options } from './both.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('a summary', () => {
  test("counts as the client's, and shows what it shows", () =>
    expectSame(async ({ Summary }, sightings) => {
      const summary = new Summary(options({ labelNames: ['b', 'a'], percentiles: [0.5, 0.1] }))
      sightings.see(await summary.get())
      summary.observe({ b: 'x', a: 1 }, 100)
      summary.observe({ a: 2 }, 50)
      summary.observe(3)
      summary.labels('p', 'q').observe(-7)
      sightings.see(await summary.get())
      summary.remove('p', 'q')
      sightings.see(await summary.get())
      summary.reset()
      sightings.see(await summary.get())
      summary.observe({ b: 'x', a: 1 }, 1)
      sightings.see(await summary.get())
    }))

  test('has a window whose options are texts, as those of environment variables', () =>
    expectSame(async ({ Summary }, sightings) => {
      const summary = new Summary(options({ percentiles: [], maxAgeSeconds: '60', ageBuckets: 5 }))
      summary.observe(1)
      sightings.see(await summary.get())
    }))

  test('has the quantiles of the client, and shows 0 for them at first', () =>
    expectSame(async ({ Summary }, sightings) => {
      const summary = new Summary(options())
      sightings.see([summary.percentiles, summary.compressCount])
      sightings.see(await summary.get())
      summary.observe(0)
      sightings.see(await summary.get())
      summary.reset()
      sightings.see(await summary.get())
      sightings.see(await new Summary(options({ percentiles: [] })).get())
    }))

  test.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY, '', '5', 'x', true, false, {}, []])(
    'takes %j as the client does',
    (value) =>
      expectSame(async ({ Summary }, sightings) => {
        const summary = new Summary(options({ labelNames: ['a'] }))
        sightings.attempt(() => summary.observe(value))
        sightings.attempt(() => summary.observe({ a: 1 }, value))
        sightings.attempt(() => summary.labels('x').observe(value))
        sightings.see((await summary.get()).values.length)
      }),
  )

  test('observes the seconds of a timer, under the labels at its end', () =>
    expectSame(async ({ Summary }, sightings) => {
      vi.useFakeTimers({ now: 5_000, toFake: ['Date', 'hrtime', 'setTimeout'] })
      const summary = new Summary(options({ labelNames: ['method', 'status'], percentiles: [0.9] }))
      const labels: Record<string, unknown> = { method: 'GET' }
      const [one, other, held] = [
        summary.startTimer(),
        summary.startTimer(labels),
        summary.labels('a', 'b').startTimer(),
      ]
      vi.advanceTimersByTime(1500)
      labels.status = 200
      sightings.see([one(), other(), held({ status: 'c' }), labels])
      vi.useRealTimers()
      sightings.see(await summary.get())
    }))

  test('shows quantiles of what was observed, within 1 %, where the client interpolates between two values', async () => {
    const summary = new Summary({ name: 'm', help: 'M.', registers: [], percentiles: [0.01, 0.5, 0.999] })
    for (const value of [100, 100, 100, 50, 50]) summary.observe(value)
    const [low, middle, high, sum, count] = (await summary.get()).values.map(({ value }) => value)
    expect([sum, count]).toEqual([400, 5])
    expect(Math.abs(low! - 50)).toBeLessThan(0.5)
    expect(Math.abs(middle! - 100)).toBeLessThan(1)
    expect(Math.abs(high! - 100)).toBeLessThan(1)
  })
})
