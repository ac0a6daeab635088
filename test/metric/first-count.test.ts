import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

const help = 'X.'

/** Each asks for a series and counts in none. */
const uncounted: Readonly<Record<string, (counter: Counter<string>, p: string) => void>> = {
  'labels() alone': (counter, p) => void counter.labels(p, 'y'),
  'labels() by name': (counter, p) => void counter.labels({ p, q: 'y' }),
  'labels() with some labels': (counter, p) => void counter.labels({ p }),
  'a negative count': (counter, p) => faultOf(() => counter.inc({ p, q: 'y' }, -1)),
  NaN: (counter, p) => faultOf(() => counter.inc({ p, q: 'y' }, Number.NaN)),
  'a negative count in a child': (counter, p) => faultOf(() => counter.labels(p, 'y').inc(-1)),
  'a missing label': (counter, p) => faultOf(() => counter.inc({ p })),
  'a missing label in a child': (counter, p) => faultOf(() => counter.labels({ p }).labels({}).inc()),
  'an object for a label': (counter, p) => faultOf(() => counter.inc({ p, q: {} as never })),
}

describe.each(Object.entries(uncounted))('%s', (_, ask) => {
  test.each([false, true])('takes no place under maxSeries, in a shared directory: %s', async (shared) => {
    const registers = [shared ? new Registry({}, new TestProcess(freshDirectory())) : new Registry()]
    const options = {
      name: 'c_total',
      help,
      labelNames: ['p', 'q'],
      requiredLabels: true,
      maxSeries: 3,
      registers,
    } as const
    const counter = new Counter<string>(options)
    for (let i = 0; i < 10; i++) ask(counter, `p${i}`)
    counter.inc({ p: 'real', q: 'y' })
    counter.labels('real', 'z').inc(2)
    expect(await shown(registers[0]!)).toEqual({ 'c_total{p="real",q="y"}': 1, 'c_total{p="real",q="z"}': 2 })
    expect(counter.children.size).toBe(2)
  })

  test('keeps no memory', () => {
    const counter = new Counter<string>({
      name: 'c_total',
      help,
      labelNames: ['p', 'q'],
      requiredLabels: true,
      registers: [new Registry()],
    })
    const round = (from: number): number => {
      for (let i = from; i < from + 10_000; i++) ask(counter, `a value that is seen once, number ${i}`)
      return heapUsed()
    }
    const sizes = [0, 1, 2, 3, 4].map((i) => round(i * 10_000))
    // Compiled code grows the heap as well, in some rounds; what is kept grows it in each.
    const growth = Math.min(...sizes.slice(1).map((size, i) => size - sizes[i]!))
    // A series takes more than 50 bytes, a child more than 100.
    expect(growth / 10_000).toBeLessThan(20)
  })
})

test('refused values of the other types take no place either', async () => {
  const registers = [new Registry()]
  const common = { help, labelNames: ['p'] as const, maxSeries: 2, registers }
  const gauge = new Gauge({ name: 'g', ...common })
  const latest = new Gauge({ name: 'm', ...common, mode: 'mostrecent' })
  const histogram = new Histogram({ name: 'h', ...common })
  const summary = new Summary({ name: 's', ...common })
  const state = new StateSet({ name: 'st', ...common, states: ['on'] })
  for (let i = 0; i < 5; i++) {
    const p = `p${i}`
    for (const refused of [
      () => gauge.set({ p }, 'x' as never),
      () => gauge.dec({ p }, 'x' as never),
      () => latest.set({ p }, 'x' as never),
      () => latest.inc({ p }),
      () => histogram.observe({ p }, Number.NaN),
      () => summary.observe({ p }, Number.NaN),
      () => state.state({ p }, 'off' as never),
      () => state.set({ p }, { on: 1 } as never),
    ]) {
      expect(faultOf(refused)).toMatch(/^(VALUE_INVALID|MODE_FORBIDS|STATE_UNKNOWN)/)
    }
    gauge.startTimer({ p })
  }
  for (const metric of [gauge, latest, histogram, summary, state]) expect(metric.children.size).toBe(0)
  expect(await shown(registers[0]!)).toEqual({})
})

describe('children of one series that the application asked for before its first count', () => {
  test('count in that series, whichever counts first, also after it was removed', async () => {
    const registry = new Registry()
    const gauge = new Gauge({ name: 'g', help, labelNames: ['p'], registers: [registry] })
    const children = [gauge.labels('x'), gauge.labels({ p: 'x' }), gauge.labels('x')]
    for (let round = 0; round < 3; round++) {
      for (const child of children) child.inc()
      gauge.inc({ p: 'x' })
      gauge.labels('x').inc()
      expect(await shown(registry)).toEqual({ 'g{p="x"}': 5 })
      if (round % 2 === 0) gauge.remove('x')
      else gauge.reset()
      gauge.set({ p: 'another' }, 7)
      expect(await shown(registry)).toEqual({ 'g{p="another"}': 7 })
      gauge.clear()
    }
  })

  test('of a histogram are zeroed like one', async () => {
    const registry = new Registry()
    const histogram = new Histogram({ name: 'h', help, labelNames: ['p'], buckets: [], registers: [registry] })
    const [one, other] = [histogram.labels('x'), histogram.labels('x')]
    one.observe(5)
    other.zero()
    expect(await shown(registry)).toMatchObject({ 'h_count{p="x"}': 0 })
  })
})

describe('beyond maxSeries', () => {
  const common = { name: 'c_total', help, labelNames: ['p'] as const, maxSeries: 1 }

  test('a child counts in the series for the rest, and in its own when there is room again', async () => {
    const registry = new Registry()
    const counter = new Counter({ ...common, registers: [registry] })
    const child = counter.labels('late')
    counter.inc({ p: 'first' })
    child.inc()
    child.inc(2, { trace: 'x' })
    counter.inc({ p: 'other' }, 10)
    expect(await shown(registry)).toEqual({ 'c_total{p="first"}': 1, 'c_total{p="_overflow"}': 13 })
    expect(
      await registry.expose('application/openmetrics-text').then(({ chunks }) => String(Buffer.concat(chunks))),
    ).toContain('c_total{p="_overflow"} 13 # {trace="x"} 2')
    counter.remove('first')
    child.inc(5)
    expect(await shown(registry)).toEqual({ 'c_total{p="late"}': 5, 'c_total{p="_overflow"}': 13 })
  })

  test('a child that counts nowhere counts when there is room', async () => {
    const registry = new Registry()
    const counter = new Counter({ ...common, onLimit: 'drop', registers: [registry] })
    counter.inc({ p: 'first' })
    const child = counter.labels('late')
    child.inc(3)
    counter.inc({ p: 'other' }, 3)
    expect(await shown(registry)).toEqual({ 'c_total{p="first"}': 1 })
    counter.clear()
    child.inc(5)
    expect(await shown(registry)).toEqual({ 'c_total{p="late"}': 5 })
  })

  test('label values that hold no place do not keep others from one', async () => {
    const registry = new Registry()
    const counter = new Counter({ ...common, onLimit: 'throw', registers: [registry] })
    const children = ['a', 'b', 'c'].map((p) => counter.labels(p))
    children[2]!.inc()
    expect(faultOf(() => children[0]!.inc())).toMatch(
      /^SERIES_LIMIT: c_total has its 1 series; \(a\) would be one more/,
    )
    expect(await shown(registry)).toEqual({ 'c_total{p="c"}': 1 })
  })
})

test('an info that is refused keeps the previous labels', async () => {
  const registry = new Registry()
  const options = {
    name: 'i',
    help,
    labelNames: ['v', 'w'] as const,
    requiredLabels: ['w'] as const,
    registers: [registry],
  }
  const info = new Info<string>(options)
  info.info({ v: '1', w: '1' })
  expect(faultOf(() => info.info({ v: '2' }))).toMatch(/^LABEL_MISSING/)
  expect(await shown(registry)).toEqual({ 'i_info{v="1",w="1"}': 1 })
  info.info({ v: '3', w: '1' })
  expect(await shown(registry)).toEqual({ 'i_info{v="3",w="1"}': 1 })
})

let collect: (() => void) | undefined

function heapUsed(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  return process.memoryUsage().heapUsed
}
