import { afterEach, describe, expect, test, vi } from 'vitest'
import { Histogram } from '../../../src/prom-client.js'
import { expectSame, options } from './both.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('a histogram', () => {
  test("counts as the client's, and shows what it shows", () =>
    expectSame(async ({ Histogram }, sightings) => {
      const histogram = new Histogram(options({ labelNames: ['b', 'a'], buckets: [0.1, '1', 5] }))
      sightings.see(await histogram.get())
      histogram.observe({ b: 'x', a: 1 }, 0.1)
      histogram.observe({ a: 1, b: 'x' }, 0.5)
      histogram.observe({ a: 2 }, 100)
      histogram.observe(3)
      const { observe } = histogram.labels('p', 'q')
      observe(1)
      observe(-1)
      sightings.see(await histogram.get())
      sightings.see(await histogram.getForPromString())
      sightings.see(histogram.hashMap)
      histogram.remove('p', 'q')
      histogram.observe({ a: 2, b: 'y' }, 1)
      histogram.zero({ b: 'y', a: 2 })
      histogram.zero({ b: 'x', a: 1 })
      histogram.zero({ b: 'new' })
      sightings.see(await histogram.get())
      histogram.reset()
      sightings.see(await histogram.get())
      histogram.observe({ b: 'x', a: 1 }, 2)
      sightings.see(await histogram.get())
    }))

  test('has the buckets of the client', () =>
    expectSame(({ Histogram }, sightings) => {
      for (const buckets of [[1, 5], [], ['1', '2.5'], [0.005]]) {
        const { upperBounds, bucketValues, ...histogram } = new Histogram(options({ buckets }))
        sightings.see({ buckets: histogram.buckets, upperBounds, bucketValues })
        sightings.see([upperBounds, bucketValues, histogram.buckets].map((each) => Object.isFrozen(each)))
      }
      sightings.see(new Histogram(options()).buckets)
      sightings.see(Object.hasOwn(new Histogram(options()), 'observe'))
    }))

  test('without labels is 0 from the start; after a reset or a removal, from its next value on', () =>
    expectSame(async ({ Histogram }, sightings) => {
      const histogram = new Histogram(options({ buckets: [1] }))
      sightings.see(await histogram.get())
      histogram.observe(0)
      histogram.observe({}, 2)
      sightings.see(await histogram.get())
      histogram.reset()
      sightings.see(await histogram.get())
      histogram.observe(5)
      sightings.see(await histogram.get())
      histogram.remove()
      sightings.see(await histogram.get())
      histogram.zero({})
      sightings.see(await histogram.get())
    }))

  test.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY, '', '5', 'x', true, false, {}, []])(
    'refuses %j as the client does',
    (value) =>
      expectSame(async ({ Histogram }, sightings) => {
        const histogram = new Histogram(options({ labelNames: ['a'] }))
        sightings.attempt(() => histogram.observe(value))
        sightings.attempt(() => histogram.observe(value, 3))
        sightings.attempt(() => histogram.observe({ a: 1 }, value))
        sightings.attempt(() => histogram.labels('x').observe(value))
        sightings.see((await histogram.get()).values.length)
      }),
  )

  test('observes the seconds of a timer, under the labels at its end', () =>
    expectSame(async ({ Histogram }, sightings) => {
      vi.useFakeTimers({ now: 5_000, toFake: ['Date', 'hrtime', 'setTimeout'] })
      const histogram = new Histogram(options({ labelNames: ['method', 'status'], buckets: [1] }))
      const labels: Record<string, unknown> = { method: 'GET' }
      const [one, other, held] = [
        histogram.startTimer(),
        histogram.startTimer(labels),
        histogram.labels('a', 'b').startTimer(),
      ]
      vi.advanceTimersByTime(1500)
      labels.status = 200
      sightings.see([one(), other(), other({ status: 500 }), held({ status: 'c' }), labels])
      sightings.attempt(() => histogram.startTimer({ undeclared: 1 })())
      vi.useRealTimers()
      sightings.see(await histogram.get())
    }))
})

describe('bounds', () => {
  test('that are not sorted are, because the client counts wrongly in them; +Inf is one that is always there', async () => {
    const histogram = new Histogram({ name: 'm', help: 'M.', registers: [], buckets: [10, 1, Infinity, 1, 5] })
    histogram.observe(0.5)
    histogram.observe(7)
    const shown = (await histogram.get()).values.map(({ labels, value }) => [(labels as { le?: number }).le, value])
    expect(shown).toEqual([
      [1, 1],
      [5, 1],
      [10, 2],
      ['+Inf', 2],
      [undefined, 7.5],
      [undefined, 2],
    ])
  })

  test('of which one is -1 count what is above all of them in +Inf, and not there', async () => {
    const histogram = new Histogram({ name: 'm', help: 'M.', registers: [], buckets: [-1, 1] })
    histogram.observe(5)
    expect((await histogram.get()).values.map(({ value }) => value)).toEqual([0, 0, 1, 5, 1])
  })

  test.each([Number.NaN, 'much', '', null, {}])('that are not numbers are refused: %j', (bound) => {
    const buckets = [1, bound as number]
    expect(() => new Histogram({ name: 'm', help: 'M.', registers: [], buckets })).toThrow(
      /m: bucket bound .* is not a number/,
    )
  })
})
