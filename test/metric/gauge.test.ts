import { afterEach, describe, expect, test, vi } from 'vitest'
import { Gauge, type GaugeMode, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

afterEach(() => vi.useRealTimers())

function queue(options: { mode?: GaugeMode; aggregator?: string } = {}) {
  const registry = new Registry()
  return { gauge: new Gauge({ name: 'queue', help: 'Q.', registers: [registry], ...options }), registry }
}

function rooms(options: { mode?: GaugeMode } = {}) {
  const registry = new Registry()
  const gauge = new Gauge({ name: 'rooms', help: 'R.', labelNames: ['floor'], registers: [registry], ...options })
  return { gauge, registry }
}

describe('a gauge', () => {
  test('is 0 at the start', async () => {
    expect(await shown(queue().registry)).toEqual({ queue: 0 })
  })

  test('is set, goes up and down', async () => {
    const { gauge, registry } = queue()
    gauge.set(10)
    gauge.inc()
    gauge.inc(5)
    gauge.dec()
    gauge.dec(2)
    gauge.inc(-1)
    expect(await shown(registry)).toEqual({ queue: 12 })
  })

  test('does the same for each label value, by name, in order, or held as a child', async () => {
    const { gauge, registry } = rooms()
    const child = gauge.labels('1')
    gauge.set({ floor: '1' }, 10)
    gauge.inc({ floor: '1' })
    gauge.inc({ floor: '1' }, 5)
    gauge.dec({ floor: '1' })
    gauge.dec({ floor: '1' }, 2)
    child.inc(100)
    child.dec()
    gauge.labels({ floor: '2' }).set(7)
    expect(await shown(registry)).toEqual({ 'rooms{floor="1"}': 112, 'rooms{floor="2"}': 7 })
  })

  test('moves by 1 when the amount is undefined or null', async () => {
    const { gauge, registry } = queue()
    gauge.inc(undefined)
    gauge.inc(null as never)
    gauge.inc(2)
    gauge.dec(undefined)
    gauge.dec(null as never)
    expect(await shown(registry)).toEqual({ queue: 2 })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1.5])('may be %d', async (value) => {
    const { gauge, registry } = queue()
    gauge.set(value)
    expect(await shown(registry)).toEqual({ queue: value })
  })

  test('takes the unix time in seconds', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_500 })
    const one = queue()
    one.gauge.setToCurrentTime()
    const two = rooms()
    two.gauge.setToCurrentTime({ floor: '1' })
    two.gauge.labels('2').setToCurrentTime()
    vi.useRealTimers()
    expect(await shown(one.registry)).toEqual({ queue: 1_700_000_000.5 })
    expect(await shown(two.registry)).toEqual({
      'rooms{floor="1"}': 1_700_000_000.5,
      'rooms{floor="2"}': 1_700_000_000.5,
    })
  })
})

describe('a gauge refuses', () => {
  test.each<[string, unknown, string]>([
    ['a number in a text', '1', '"1"'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a boolean', false, 'false'],
    ['a bigint', 1n, '1'],
    ['a function', () => 1, 'a function'],
  ])('to be set to %s, and names the metric and the fault', async (_, value, text) => {
    const { gauge, registry } = queue()
    const expected = `VALUE_INVALID: queue: ${text} is not a number`
    expect(faultOf(() => gauge.set(value as never))).toContain(expected)
    gauge.set(4)
    expect(faultOf(() => gauge.set(value as never))).toContain(expected)
    expect(await shown(registry)).toEqual({ queue: 4 })
  })

  test.each(['inc', 'dec'] as const)('%s by a value that is not a number', async (verb) => {
    const { gauge, registry } = queue()
    for (const amount of ['1', true, 1n, () => 1]) {
      expect(faultOf(() => gauge[verb](amount as never))).toMatch(/^VALUE_INVALID: queue: .+ is not a number/)
    }
    expect(await shown(registry)).toEqual({ queue: 0 })
  })

  test('a wrong value without beginning a series', async () => {
    const { gauge, registry } = rooms()
    for (const wrong of [() => gauge.set({ floor: 1 }, '2' as never), () => gauge.labels(1).inc('2' as never)]) {
      expect(faultOf(wrong)).toMatch(/^VALUE_INVALID: rooms: "2" is not a number/)
    }
    expect(await shown(registry)).toEqual({})
  })

  test.each([['SUM'], ['average'], [''], [5], [null], [{}]])('the mode %j, and lists all', (mode) => {
    expect(faultOf(() => queue({ mode: mode as never }))).toMatch(
      /^MODE_UNKNOWN: queue: mode .+ is none of all, liveall, sum, livesum, min, livemin, max, livemax, mostrecent, livemostrecent, liveaverage/,
    )
  })
})

describe('the modes of a gauge, in one process', () => {
  test.each<GaugeMode>(['sum', 'min', 'max', 'livesum', 'livemin', 'livemax'])(
    '%s shows its value under its own name',
    async (mode) => {
      const { gauge, registry } = queue({ mode })
      expect(await shown(registry)).toEqual({ queue: 0 })
      gauge.set(-3)
      gauge.inc(8)
      gauge.dec()
      expect(await shown(registry)).toEqual({ queue: 4 })
    },
  )

  test.each<GaugeMode>(['all', 'liveall'])('%s shows which worker it is', async (mode) => {
    const { gauge, registry } = rooms({ mode })
    gauge.set({ floor: '2' }, 5)
    gauge.labels('2').inc()
    expect(Object.entries(await shown(registry))).toEqual([
      [expect.stringMatching(/^rooms\{floor="2",worker="\d+"\}$/), 6],
    ])
  })

  test.each<GaugeMode>(['mostrecent', 'livemostrecent'])('%s has no value until it is set', async (mode) => {
    const { gauge, registry } = queue({ mode })
    expect(await registry.metrics()).toBe('# HELP queue Q.\n# TYPE queue gauge\n')
    gauge.set(3)
    gauge.set(2)
    expect(await shown(registry)).toEqual({ queue: 2 })
  })

  test.each<GaugeMode>(['mostrecent', 'livemostrecent'])(
    '%s cannot go up or down, and the error names the mode to use',
    async (mode) => {
      const { gauge, registry } = queue({ mode })
      for (const verb of ['inc', 'dec'] as const) {
        expect(faultOf(() => gauge[verb]())).toBe(
          `MODE_FORBIDS: queue: ${verb} means nothing under mode ${mode}, where the last set() wins; use set()`,
        )
      }
      expect(await shown(registry)).toEqual({})
    },
  )

  test.each<GaugeMode>(['all', 'liveall'])('%s keeps the label name "worker" for itself', (mode) => {
    const wrong = () => new Gauge({ name: 'rooms', help: 'R.', labelNames: ['worker'], mode, registers: [] })
    expect(faultOf(wrong)).toMatch(/^LABEL_RESERVED: rooms: label "worker" is reserved: .+ rename yours$/)
  })

  test('the label name "worker" is free under every other mode', () => {
    for (const mode of ['sum', 'livesum', 'max', 'mostrecent'] as const) {
      expect(faultOf(() => new Gauge({ name: 'rooms', help: 'R.', labelNames: ['worker'], mode, registers: [] }))).toBe(
        'no error',
      )
    }
  })

  test.each([
    [undefined, 'livesum'],
    ['sum', 'livesum'],
    ['min', 'livemin'],
    ['max', 'livemax'],
    ['first', 'livemax'],
    ['average', 'liveaverage'],
    ['omit', 'livesum'],
  ])("prom-client's aggregator %s is mode %s", (aggregator, mode) => {
    const { gauge } = queue(aggregator === undefined ? {} : { aggregator })
    expect(gauge.family).toMatchObject({ type: 'gauge', mode })
  })

  test('the mode wins over the aggregator', () => {
    expect(queue({ aggregator: 'min', mode: 'max' }).gauge.family).toMatchObject({ mode: 'max' })
  })
})
