import { afterEach, describe, expect, test, vi } from 'vitest'
import { Gauge } from '../../../src/prom-client.js'
import { expectSame, options } from './both.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('a gauge', () => {
  test("goes up and down as the client's, and shows what it shows", () =>
    expectSame(async ({ Gauge }, sightings) => {
      const gauge = new Gauge(options({ labelNames: ['b', 'a'] }))
      gauge.set({ b: 'x', a: 1 }, 4)
      gauge.inc({ b: 'x', a: 1 })
      gauge.inc({ b: 'x', a: 1 }, 2)
      gauge.dec({ b: 'x', a: 1 }, 0.5)
      gauge.dec({ a: 'y' })
      gauge.set(7)
      gauge.inc()
      gauge.dec(3)
      const child = gauge.labels('p', 2)
      const { set, inc, dec } = child
      set(5)
      inc()
      dec(0)
      dec()
      inc(9)
      sightings.see(await gauge.get())
      sightings.see([gauge._getValue({ b: 'x', a: 1 }), gauge._getValue(), gauge._getValue({ a: 'none' })])
      sightings.see(gauge.hashMap)
      gauge.remove('p', 2)
      sightings.see(await gauge.get())
      gauge.reset()
      sightings.see(await gauge.get())
    }))

  test('without labels is 0 from the start, and after a reset', () =>
    expectSame(async ({ Gauge }, sightings) => {
      const gauge = new Gauge(options({ aggregator: 'average' }))
      sightings.see(await gauge.get())
      gauge.set(Number.POSITIVE_INFINITY)
      sightings.see((await gauge.get()).values[0].value)
      gauge.set({}, 5)
      gauge.inc({}, 2)
      gauge.labels().dec()
      sightings.see(await gauge.get())
      gauge.reset()
      sightings.see(await gauge.get())
      gauge.remove({})
      sightings.see(await gauge.get())
    }))

  test.each([undefined, null, '5', 'x', true, {}, []])('takes %j as the client does', (value) =>
    expectSame(async ({ Gauge }, sightings) => {
      const gauge = new Gauge(options({ labelNames: ['a'] }))
      for (const verb of ['set', 'inc', 'dec']) {
        if (typeof value !== 'object' || value === null) sightings.attempt(() => gauge[verb](value))
        sightings.attempt(() => gauge[verb]({ a: 1 }, value))
        sightings.attempt(() => gauge.labels('x')[verb](value))
        sightings.attempt(() => gauge[verb]({ undeclared: 1 }, value))
      }
      const values = (await gauge.get()).values
      sightings.see(values.map(({ value, labels }: { value: number; labels: object }) => [String(value), labels]))
    }),
  )

  test('is set to the time, and to the seconds of a timer', () =>
    expectSame(async ({ Gauge }, sightings) => {
      vi.useFakeTimers({ now: 5_000, toFake: ['Date', 'hrtime', 'setTimeout'] })
      const gauge = new Gauge(options({ labelNames: ['a', 'b'] }))
      gauge.setToCurrentTime()
      gauge.setToCurrentTime({ a: 'now' })
      gauge.labels('now', 'held').setToCurrentTime()
      const labels: Record<string, string> = { a: 'changed later' }
      const [one, other, held] = [gauge.startTimer(), gauge.startTimer(labels), gauge.labels('x', 'y').startTimer()]
      vi.advanceTimersByTime(500)
      labels.a = 'changed'
      sightings.see([one({ a: 'at the end' }), other({ b: 'at the end' }), held(), labels])
      vi.useRealTimers()
      sightings.see(await gauge.get())
    }))
})

test.each([
  ['sum', 'livesum'],
  ['min', 'livemin'],
  ['max', 'livemax'],
  ['first', 'livemax'],
  ['average', 'liveaverage'],
  ['omit', 'livesum'],
  ['of an application', 'livesum'],
])('the aggregator %s is mode %s over processes, and is shown as it was given', async (aggregator, mode) => {
  const gauge = new Gauge({ name: 'm', help: 'M.', registers: [], aggregator: aggregator as 'sum' })
  expect(gauge).toMatchObject({ family: { mode }, aggregator })
  expect((await gauge.get()).aggregator).toBe(aggregator)
})
