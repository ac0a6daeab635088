import { describe, expect, test } from 'vitest'
import { Counter } from '../../../src/prom-client.js'
import { expectSame, options } from './both.js'

describe('a counter', () => {
  test('counts as the client does, and shows what it shows', () =>
    expectSame(async ({ Counter }, sightings) => {
      const counter = new Counter(options({ labelNames: ['b', 'a'] }))
      sightings.see(await counter.get())
      counter.inc({ b: 'x', a: 1 })
      counter.inc({ a: 1, b: 'x' }, 2)
      counter.inc({ a: 2 }, 0.5)
      counter.inc()
      counter.labels('p', 'q').inc(2)
      counter.labels({ a: 'z' }).inc()
      counter.labels({ a: 'z' }).inc(0)
      sightings.see(await counter.get())
      const { inc } = counter.labels('p', 'q')
      inc(5)
      counter.remove('x', 1)
      counter.remove({ a: 2 })
      sightings.see(await counter.get())
      counter.inc({ a: 2 })
      sightings.see(await counter.get())
      counter.reset()
      sightings.see(await counter.get())
    }))

  test('without labels is 0 from the start, and after a reset', () =>
    expectSame(async ({ Counter }, sightings) => {
      const counter = new Counter(options())
      sightings.see(await counter.get())
      counter.inc(2)
      counter.inc({})
      counter.inc({}, 3)
      counter.inc(null)
      counter.inc({}, null)
      counter.labels().inc()
      sightings.see(await counter.get())
      counter.reset()
      sightings.see(await counter.get())
      counter.remove()
      sightings.see(await counter.get())
      counter.inc(7)
      sightings.see(await counter.get())
    }))

  test.each([-1, -0.5, '3ms', '5', true, Number.POSITIVE_INFINITY, {}, [1]])('refuses %j', (value) =>
    expectSame(async ({ Counter }, sightings) => {
      const counter = new Counter(options({ labelNames: ['a'] }))
      if (typeof value !== 'object') sightings.attempt(() => counter.inc(value))
      sightings.attempt(() => counter.inc({ a: 1 }, value))
      sightings.attempt(() => counter.labels('x').inc(value))
      sightings.see((await counter.get()).values)
    }),
  )

  test('refuses values that would make it NaN permanently, which the client adds', async () => {
    const counter = new Counter({ name: 'm', help: 'M.', registers: [] })
    for (const value of [Number.NaN, '', 0n]) {
      expect(() => counter.inc(value as number)).toThrow(/^Value is not a valid number: /)
    }
    counter.inc(false as never)
    expect((await counter.get()).values).toEqual([{ value: 0, labels: {} }])
  })

  test('has the keys of the client: what inc returns, and what it has counted by them', () =>
    expectSame(({ Counter }, sightings) => {
      const counter = new Counter(options({ labelNames: ['status_code', 'a'] }))
      sightings.see(counter.inc({ status_code: 200, a: 'x' }).labelHash)
      sightings.see(counter.inc({ a: 'y' }, 2).labelHash)
      sightings.see(counter.inc().labelHash)
      sightings.see(counter.hashMap)
      sightings.see(Object.hasOwn(counter, 'inc'))
    }))

  test('is reset by an empty hashMap', () =>
    expectSame(async ({ Counter }, sightings) => {
      const counter = new Counter(options({ labelNames: ['a'] }))
      counter.inc({ a: 1 })
      counter.hashMap = {}
      sightings.see((await counter.get()).values)
      counter.inc({ a: 2 })
      sightings.see((await counter.get()).values)
    }))
})

describe('label values', () => {
  test.each([
    ['numbers and texts', [{ a: 1 }, { a: '1' }, { a: 2 }, { a: 'x' }]],
    ['booleans', [{ a: true }, { a: 'false' }, { a: false }]],
    ['no text', [{ a: '' }, { a: 'x' }]],
    ['separators of the client, in one label', [{ a: '1,b:2' }, { a: 'x:y,' }]],
    ['what is escaped', [{ a: '\\ " \n' }, { a: '\\n' }]],
    ['numbers that are spelled in another way', [{ a: 1e21 }, { a: -0.5 }, { a: 0 }]],
  ])('%s are shown as they were passed first', (_, labels) =>
    expectSame(async ({ Counter, Histogram }, sightings) => {
      const counter = new Counter(options({ labelNames: ['b', 'a'] }))
      const histogram = new Histogram(options({ labelNames: ['b', 'a'], buckets: [1] }))
      for (const each of labels) {
        counter.inc(each)
        histogram.observe({ b: 'y', ...each }, 1)
      }
      const shown = (await counter.get()).values.map(({ labels, value }: { labels: object; value: number }) => {
        return [Object.entries(labels).map(([name, given]) => [name, typeof given, String(given)]), value]
      })
      sightings.see(shown)
      sightings.see((await histogram.get()).values.length)
    }),
  )

  test('that are undefined are omitted, where the client shows the text "undefined"', async () => {
    const counter = new Counter({ name: 'm', help: 'M.', labelNames: ['a', 'b'], registers: [] })
    counter.inc({ a: undefined as never, b: 'x' })
    counter.inc({ b: 'x' })
    counter.inc({ a: null as never, b: 'x' })
    expect((await counter.get()).values).toEqual([{ value: 3, labels: { b: 'x' } }])
  })

  test('that are objects are shown as the texts that the client writes', async () => {
    const counter = new Counter({ name: 'm', help: 'M.', labelNames: ['a'], registers: [] })
    for (const value of [{ toString: () => 'text' }, [1, 2], {}]) counter.inc({ a: value as never })
    expect((await counter.get()).values.map(({ labels }) => labels.a)).toEqual(['text', '1,2', '[object Object]'])
  })

  test('with separators stay different series, which the client counts as one', async () => {
    const counter = new Counter({ name: 'm', help: 'M.', labelNames: ['a', 'b'], registers: [] })
    counter.inc({ a: '1,b:2' })
    counter.inc({ a: '1', b: '2' })
    expect((await counter.get()).values).toHaveLength(2)
  })
})
