import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../src/index.js'
import type { MetricsError } from '../../src/model/errors.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

/** A text whose last character was cut in half, in three ways: scrapes show all of them alike. */
const halves = ['ab😀'.slice(0, 3), 'ab🦄'.slice(0, 3), 'ab\ufffd']

const help = 'X.'

describe('texts that are shown alike are one series', () => {
  test('of every type, however they are counted', async () => {
    const registers = [new Registry()]
    const common = { help, labelNames: ['a'] as const, registers }
    const counter = new Counter({ name: 'c_total', ...common })
    const gauge = new Gauge({ name: 'g', ...common })
    const histogram = new Histogram({ name: 'h', ...common, buckets: [] })
    const summary = new Summary({ name: 's', ...common })
    const info = new Info({ name: 'i', ...common })
    const state = new StateSet({ name: 'st', ...common, states: ['on'] })
    for (const [i, a] of halves.entries()) {
      // Twice each: the second count takes the way of label values that were seen before.
      for (const value of [1, 10]) {
        counter.inc({ a }, value * (i + 1))
        counter.labels(a).inc(value * (i + 1))
        gauge.inc({ a }, value)
        histogram.observe({ a }, value)
        summary.observe({ a }, value)
      }
      info.info({ a })
      state.state({ a }, 'on')
    }
    expect(await shown(registers[0]!)).toMatchObject({
      'c_total{a="ab\ufffd"}': 132,
      'g{a="ab\ufffd"}': 33,
      'h_count{a="ab\ufffd"}': 6,
      's_count{a="ab\ufffd"}': 6,
      'i_info{a="ab\ufffd"}': 1,
      'st{a="ab\ufffd",st="on"}': 1,
    })
    const series = Object.keys(await shown(registers[0]!))
    expect(series).toHaveLength(new Set(series).size)
    expect(series).toHaveLength(9)
    for (const a of halves) {
      counter.inc({ a })
      counter.remove({ a })
      gauge.removeByLabels({ a })
    }
    expect(Object.keys(await shown(registers[0]!)).filter((each) => /^[cg]/.test(each))).toEqual([])
  })

  test('of a label’s default, a registry’s default labels, and the help', async () => {
    const registers = [new Registry()]
    for (const [i, half] of halves.entries()) {
      const counter = new Counter({
        name: `c${i}_total`,
        help: half,
        labelNames: ['a'],
        defaultLabels: { a: half },
        registers,
      })
      counter.inc()
    }
    registers[0]!.setDefaultLabels({ zone: halves[0]! })
    const text = await registers[0]!.metrics()
    expect(text.isWellFormed()).toBe(true)
    expect(text).toContain('c1_total{a="ab\ufffd",zone="ab\ufffd"} 1')
  })

  test.each(['serving', 'each'] as const)('from a collector (%s), and from a plug-in', async (run) => {
    const home = new TestProcess(freshDirectory())
    const registry = new Registry({}, home)
    let round = 0
    registry.registerCollector({
      name: 'pool',
      run,
      collect: () => {
        round++
        const labels = { a: halves[round % 2]! }
        return [{ name: 'pool', help, type: 'gauge', values: [{ labels, value: round }] }]
      },
    })
    registry.registerMetric({
      name: 'foreign',
      help,
      get: () => ({
        name: 'foreign',
        help,
        type: 'gauge',
        aggregator: 'sum',
        values: halves.map((a, value) => ({ labels: { a }, value })),
      }),
    })
    await shown(registry)
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('foreign{'))
    expect(lines).toEqual(['foreign{a="ab\ufffd"} 2'])
    expect(await shown(registry)).toEqual({ 'pool{a="ab\ufffd"}': round, 'foreign{a="ab\ufffd"}': 2 })
    await shown(registry)
    expect(await shown(registry)).toMatchObject({ 'pool{a="ab\ufffd"}': round })
  })

  test('but a state of a stateset must be a text that can be shown', () => {
    const made = () => new StateSet({ name: 's', help, states: halves, registers: [] })
    expect(faultOf(made)).toMatch(/^STATES_INVALID: s: state .* contains a lone surrogate$/)
  })
})

/** Names that every object inherits. */
const inherited = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toLocaleString'] as const

describe.each(inherited)('a label called %s', (name) => {
  const labelNames = [name, 'a'].sort()

  test('is absent if it was not passed', async () => {
    const registers = [new Registry()]
    const counter = new Counter<string>({ name: 'c_total', help, labelNames, registers })
    const info = new Info<string>({ name: 'i', help, labelNames, registers })
    // Each twice: the second time it is known.
    for (let i = 0; i < 2; i++) {
      counter.inc({ a: 'x' })
      counter.labels({ a: 'x' }).inc()
      counter.inc({ a: 'x', [name]: undefined })
      info.info({ a: 'x' })
    }
    expect(await shown(registers[0]!)).toEqual({ 'c_total{a="x"}': 6, 'i_info{a="x"}': 1 })
    counter.inc({ a: 'y', [name]: 'z' })
    counter.remove({ a: 'x' })
    expect(Object.keys(await shown(registers[0]!)).filter((each) => each.startsWith('c'))).toHaveLength(1)
    counter.removeByLabels({ [name]: 'z' })
    expect(await shown(registers[0]!)).toEqual({ 'i_info{a="x"}': 1 })
  })

  test('is missing if it is required', () => {
    const options = { name: 'c_total', help, labelNames, registers: [] }
    for (const requiredLabels of [true, [name]] as const) {
      const counter = new Counter<string>({ ...options, requiredLabels })
      const missing = `LABEL_MISSING: c_total cannot be counted without a value for ${name}`
      expect(faultOf(() => counter.inc({ a: 'x' }))).toBe(missing)
      expect(faultOf(() => counter.labels({ a: 'x' }).inc())).toBe(missing)
    }
  })

  test('takes its default', async () => {
    const registers = [new Registry()]
    const counter = new Counter<string>({
      name: 'c_total',
      help,
      labelNames,
      registers,
      defaultLabels: { [name]: 'd' },
    })
    counter.inc({ a: 'x' })
    expect(Object.values(await shown(registers[0]!))).toEqual([1])
    expect(Object.keys(await shown(registers[0]!))[0]).toContain(`${name}="d"`)
  })

  test('is unknown if it was not declared', () => {
    const counter = new Counter<string>({ name: 'c_total', help, labelNames: ['a'], registers: [] })
    expect(faultOf(() => counter.inc({ [name]: 'x' }))).toMatch(`LABEL_UNKNOWN: c_total has no label "${name}"`)
    expect(faultOf(() => counter.removeByLabels({ [name]: 'x' }))).toMatch('LABEL_UNKNOWN')
  })
})

describe('labels', () => {
  class Labels {
    a = 'x'
    b = 1
    c(): string {
      return 'no label'
    }
  }

  test.each([
    ['a plain object', { a: 'x', b: 1 }],
    ['names in another order', { b: 1, a: 'x' }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 'x', b: 1 })],
    ['an instance of a class', new Labels()],
    ['own properties before inherited ones', Object.assign(Object.create({ b: 2, c: 3, d: 4 }), { a: 'x', b: 1 })],
  ])('are those of %s', async (_, labels) => {
    const registers = [new Registry()]
    const counter = new Counter<string>({ name: 'c_total', help, labelNames: ['a', 'b', 'c'], registers })
    for (let i = 0; i < 3; i++) counter.inc(labels)
    counter.labels(labels as Record<string, string>).inc()
    expect(await shown(registers[0]!)).toEqual({ 'c_total{a="x",b="1"}': 4 })
  })

  test('that are inherited are none, also where the same series was counted with its own', async () => {
    const registers = [new Registry()]
    const counter = new Counter<string>({ name: 'c_total', help, labelNames: ['a', 'b'], registers })
    counter.inc({ a: 'x', b: 'y' })
    counter.inc(Object.assign(Object.create({ b: 'y' }), { a: 'x' }))
    counter.inc(Object.create({ a: 'x', b: 'y' }))
    expect(await shown(registers[0]!)).toEqual({ 'c_total{a="x",b="y"}': 1, 'c_total{a="x"}': 1, c_total: 1 })
  })

  test('of an exemplar, and states that are set, are their own as well', async () => {
    const registry = new Registry()
    const state = new StateSet({ name: 's', help, states: ['a', 'b'], registers: [registry] })
    state.set(Object.assign(Object.create({ b: true, c: true }), { a: true }))
    expect(await shown(registry)).toEqual({ 's{s="a"}': 1, 's{s="b"}': 0 })
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const counter = new Counter({ name: 'c', help, registers: [registry] })
    counter.inc(1, Object.assign(Object.create({ span: 'y' }), { trace: 'x' }))
    expect(await registry.metrics()).toContain('c_total 1 # {trace="x"}')
  })
})

// A client that repeats a query parameter must not end the process of an application that labels with it.
test('an array of texts is shown as they follow each other, as in prom-client', async () => {
  const registers = [new Registry()]
  const counter = new Counter<string>({ name: 'c_total', help, labelNames: ['a', 'b'], registers })
  const values: unknown[] = [['x', 'y'], ['x', 'y'], [200, true, 3n], ['x'], [], ['ab😀'.slice(0, 3), 'z']]
  for (const a of values) counter.inc({ a } as never)
  counter.labels('p', ['x', 'y'] as never).inc()
  expect(await shown(registers[0]!)).toEqual({
    'c_total{a="x,y"}': 2,
    'c_total{a="200,true,3"}': 1,
    'c_total{a="x"}': 1,
    c_total: 1,
    'c_total{a="ab\ufffd,z"}': 1,
    'c_total{a="p",b="x,y"}': 1,
  })
  counter.remove({ a: ['x', 'y'] } as never)
  expect(await shown(registers[0]!)).not.toHaveProperty('c_total{a="x,y"}')
})

const noValues: readonly (readonly [what: string, value: unknown, shown: string])[] = [
  ['an object', {}, 'an object'],
  ['an array of objects', [{}], 'an array of 1'],
  ['an array in an array', ['x', ['y']], 'an array of 2'],
  ['a function', () => 'x', 'a function'],
  ['a symbol', Symbol('x'), 'Symbol(x)'],
  ['a date', new Date(0), 'an object'],
  ['an error', new Error('x'), 'an object'],
  ['a URL', new URL('http://x'), 'an object'],
  ['a text in an object', new String('x'), 'an object'],
  ['an object without a prototype', Object.create(null), 'an object'],
  [
    'an object that cannot be shown',
    {
      toString() {
        throw new Error('no')
      },
    },
    'an object',
  ],
]

describe.each(noValues)('%s is no label value', (_, value, shownAs) => {
  const labels = { method: value } as never
  const fault = `LABEL_VALUE_INVALID: c_total: label "method" must be a string, a number or a boolean, got ${shownAs}; pass the part of it to show`

  test('wherever one is taken', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c_total', help, labelNames: ['method'], registers: [registry] })
    for (const call of [
      () => counter.inc(labels),
      () => counter.inc(labels, 2),
      () => counter.labels(labels),
      () => counter.labels(value as never),
      () => counter.remove(labels),
      () => counter.removeByLabels(labels),
    ]) {
      if (typeof value === 'object' && call.toString().includes('labels(value')) continue
      expect(faultOf(call)).toBe(fault)
    }
    expect(await shown(registry)).toEqual({})
    expect(faultOf(() => registry.setDefaultLabels({ method: value } as never))).toMatch(
      /^LABEL_VALUE_INVALID: setDefault/,
    )
    const made = () =>
      new Counter({ name: 'd_total', help, labelNames: ['method'], defaultLabels: labels, registers: [registry] })
    expect(faultOf(made)).toMatch(/^LABEL_VALUE_INVALID: d_total: label "method"/)
  })

  test('and only the collector that returns one fails', async () => {
    const faults: MetricsError[] = []
    const home = new TestProcess(freshDirectory())
    home.configure({ onError: (error) => faults.push(error), selfMetrics: false })
    const registry = new Registry({}, home)
    new Counter({ name: 'c_total', help, registers: [registry] }).inc()
    registry.registerCollector({
      name: 'x',
      collect: () => [{ name: 'pool', help, type: 'gauge', values: [{ labels, value: 1 }] }],
    })
    expect(await shown(registry)).toEqual({ c_total: 1 })
    expect(faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^COLLECT_FAILED collector x failed \(pool: label "method" must be a string/),
    ])
  })

  test('and an exemplar with one is dropped and reported, and the count stays', async () => {
    const faults: MetricsError[] = []
    const home = new TestProcess(freshDirectory())
    home.configure({ onError: (error) => faults.push(error), selfMetrics: false })
    const registry = new Registry({}, home)
    const counter = new Counter({ name: 'c_total', help, registers: [registry] })
    counter.inc(1, labels)
    expect(await shown(registry)).toEqual({ c_total: 1 })
    expect(faults.map(({ code }) => code)).toEqual(['LABEL_VALUE_INVALID'])
  })
})

describe('with enableExemplars', () => {
  test('labels beside the value are refused: they would be lost', () => {
    const counter = new Counter({ name: 'c_total', help, labelNames: ['a'], enableExemplars: true, registers: [] })
    expect(faultOf(() => counter.inc({ a: 'x' }))).toBe(
      'OPTION_INVALID: c_total: there is no option "a"; the options are labels, value, exemplarLabels',
    )
    const histogram = new Histogram({ name: 'h', help, enableExemplars: true, registers: [] })
    expect(faultOf(() => histogram.observe({ value: 1, exemplarLabel: {} } as never))).toBe(
      'OPTION_INVALID: h: there is no option "exemplarLabel"; did you mean "exemplarLabels"?',
    )
  })
})

describe('a timer', () => {
  test.each([
    new Gauge({ name: 'g', help, labelNames: ['a'], registers: [] }),
    new Histogram({ name: 'h', help, labelNames: ['a'], registers: [] }),
    new Summary({ name: 's', help, labelNames: ['a'], registers: [] }),
  ])('of $name names an unknown label when it starts', (metric) => {
    expect(faultOf(() => metric.startTimer({ b: 'x' } as never))).toMatch(
      `LABEL_UNKNOWN: ${metric.name} has no label "b"`,
    )
  })
})

describe('an object that holds no labels', () => {
  const strange: readonly (readonly [string, object])[] = [
    ['a Map', new Map([['a', 'x']])],
    ['a Set', new Set(['a'])],
    ['a Date', new Date(0)],
    ['a promise', Promise.resolve({ a: 'x' })],
    ['an array', []],
    ['a URLSearchParams', new URLSearchParams('a=x')],
  ]

  test.each(strange)('%s: is refused, counts nothing and removes nothing', async (_, labels) => {
    const registers = [new Registry()]
    const common = { help, labelNames: ['a'] as string[], registers }
    const counter = new Counter({ name: 'c_total', ...common })
    const gauge = new Gauge({ name: 'g', ...common })
    const histogram = new Histogram({ name: 'h', ...common, buckets: [] })
    const summary = new Summary({ name: 's', ...common })
    counter.inc()
    gauge.set(5)
    gauge.set({ a: 'x' }, 6)
    histogram.observe(1)
    summary.observe(1)
    const before = await shown(registers[0]!)
    const none = labels as Record<never, never>
    for (const use of [
      () => counter.inc(none),
      () => counter.labels(none),
      () => gauge.set(none, 7),
      () => gauge.remove(none as { a: string }),
      () => gauge.removeByLabels(none),
      () => histogram.observe(none, 7),
      () => summary.observe(none, 7),
      () => histogram.startTimer(none)(),
      () => histogram.startTimer()(none),
      () => registers[0]!.setDefaultLabels(none),
      () => new Counter({ name: 'd_total', ...common, defaultLabels: none }),
    ])
      expect(faultOf(use)).toMatch(/labels.* (?:must be|takes) an object|takes an object of label values/i)
    expect(await shown(registers[0]!)).toEqual(before)
  })

  test('is not a plain object without labels, of whatever realm', async () => {
    const registers = [new Registry()]
    const counter = new Counter({ name: 'c_total', help, labelNames: ['a'] as string[], registers })
    counter.inc({})
    counter.inc(Object.create(null))
    counter.inc(runInNewContext('({})'))
    expect(await shown(registers[0]!)).toEqual({ c_total: 3 })
  })
})
