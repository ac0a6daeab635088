import { describe, expect, test } from 'vitest'
import { Counter, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

function jobs(registry = new Registry()): { counter: Counter; registry: Registry } {
  return { counter: new Counter({ name: 'jobs_total', help: 'Jobs done.', registers: [registry] }), registry }
}

function requests(registry = new Registry()) {
  const labelNames = ['method'] as const
  return { counter: new Counter({ name: 'requests_total', help: 'R.', labelNames, registers: [registry] }), registry }
}

describe('a counter', () => {
  test('is 0 at the start', async () => {
    const { registry } = jobs()
    expect(await shown(registry)).toEqual({ jobs_total: 0 })
  })

  test('adds 1, or the amount that is passed', async () => {
    const { counter, registry } = jobs()
    counter.inc()
    counter.inc(2)
    counter.inc(0.5)
    counter.inc(0)
    expect(await shown(registry)).toEqual({ jobs_total: 3.5 })
  })

  test('adds 1 when the amount is undefined or null', async () => {
    const { counter, registry } = jobs()
    counter.inc(undefined)
    counter.inc(null as never)
    counter.inc(null as never)
    expect(await shown(registry)).toEqual({ jobs_total: 3 })
  })

  test('with labels shows no series until one is counted', async () => {
    const { counter, registry } = requests()
    counter.labels('GET')
    expect(await shown(registry)).toEqual({})
    counter.inc({ method: 'GET' }, 0)
    expect(await shown(registry)).toEqual({ 'requests_total{method="GET"}': 0 })
  })

  test('counts by label values passed by name, in order, or through a held child', async () => {
    const { counter, registry } = requests()
    const child = counter.labels({ method: 'GET' })
    counter.inc({ method: 'GET' })
    counter.inc({ method: 'GET' }, 2)
    counter.labels('GET').inc(3)
    child.inc()
    child.inc(10)
    expect(await shown(registry)).toEqual({ 'requests_total{method="GET"}': 17 })
  })
})

describe('a counter refuses', () => {
  const wrong: [string, unknown, string][] = [
    ['NaN', Number.NaN, 'NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['-Infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['a number in a text', '1', '"1"'],
    ['an empty text', '', '""'],
    ['a boolean', true, 'true'],
    ['a bigint', 1n, '1'],
  ]

  test.each(wrong)('%s, and names the metric, the fault and the accepted values', async (_, amount, text) => {
    const { counter, registry } = jobs()
    const expected = `VALUE_INVALID: jobs_total: ${text} is not a finite number; a counter takes 0 or more`
    expect(faultOf(() => counter.inc(amount as never))).toBe(expected)
    counter.inc()
    expect(faultOf(() => counter.inc(amount as never))).toBe(expected)
    expect(await shown(registry)).toEqual({ jobs_total: 1 })
  })

  test.each([-1, -0.001, -Number.MAX_VALUE])('to go down by %d, and suggests a gauge', async (amount) => {
    const { counter, registry } = jobs()
    const expected = `COUNTER_DECREASED: jobs_total: a counter only goes up, cannot add ${amount}; use a gauge for what goes down`
    expect(faultOf(() => counter.inc(amount))).toBe(expected)
    counter.inc()
    expect(faultOf(() => counter.inc(amount))).toBe(expected)
    expect(await shown(registry)).toEqual({ jobs_total: 1 })
  })

  test('a wrong amount without beginning a series', async () => {
    const { counter, registry } = requests()
    expect(faultOf(() => counter.inc({ method: 'GET' }, Number.NaN))).toMatch(/^VALUE_INVALID: requests_total: NaN/)
    expect(faultOf(() => counter.labels('GET').inc('2' as never))).toMatch(/^VALUE_INVALID: requests_total: "2"/)
    expect(await shown(registry)).toEqual({})
  })
})
