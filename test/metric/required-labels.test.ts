import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

const labelNames = ['method', 'status'] as const

describe('requiredLabels', () => {
  test('nothing is counted without a value for each, and other counts continue', async () => {
    const registry = new Registry()
    const options = { name: 'r_total', help: 'R.', labelNames, registers: [registry] }
    const counter = new Counter<string>({ ...options, requiredLabels: ['status'] })
    expect(faultOf(() => counter.inc())).toBe('LABEL_MISSING: r_total cannot be counted without a value for status')
    expect(faultOf(() => counter.inc({ method: 'get' }))).toMatch(/^LABEL_MISSING: .+ for status$/)
    expect(faultOf(() => counter.inc({ method: 'get', status: '' }))).toMatch(/^LABEL_MISSING/)
    counter.inc({ status: '200' })
    counter.inc({ method: 'get', status: '200' })
    expect(await shown(registry)).toEqual({ 'r_total{status="200"}': 1, 'r_total{method="get",status="200"}': 1 })
  })

  test('may be passed one after the other', async () => {
    const registry = new Registry()
    const options = { name: 'd_seconds', help: 'D.', labelNames, registers: [registry], buckets: [1] }
    const duration = new Histogram<string>({ ...options, requiredLabels: true })
    const get = duration.labels({ method: 'get' })
    expect(faultOf(() => get.observe(1))).toMatch(/^LABEL_MISSING: d_seconds cannot be counted .+ for status$/)
    get.labels({ status: '200' }).observe(1)
    expect(await shown(registry)).toMatchObject({ 'd_seconds_count{method="get",status="200"}': 1 })
  })

  test('true asks for those that have no default, and with defaults for all the metric itself counts', async () => {
    const registry = new Registry()
    const options = { name: 'g', help: 'G.', labelNames, registers: [registry], requiredLabels: true } as const
    const some = new Gauge<string>({ ...options, defaultLabels: { method: 'get' } })
    expect(faultOf(() => some.set(1))).toMatch(/^LABEL_MISSING: g cannot be counted without a value for status$/)
    some.set({ status: '200' }, 1)
    const all = new Gauge<string>({ ...options, name: 'h', defaultLabels: { method: 'get', status: '200' } })
    all.set(2)
    expect(await shown(registry)).toEqual({ 'g{method="get",status="200"}': 1, 'h{method="get",status="200"}': 2 })
  })

  test('are checked when the metric is made', () => {
    const make = (requiredLabels: unknown) => () =>
      new Counter({ name: 'c', help: 'C.', labelNames, registers: [], requiredLabels: requiredLabels as never })
    expect(faultOf(make(['path']))).toBe(
      'LABEL_UNKNOWN: c: requiredLabels names "path", which is none of its labels (method, status)',
    )
    expect(faultOf(make('method'))).toMatch(/^OPTION_INVALID: c: requiredLabels is true or an array of label names/)
  })
})
