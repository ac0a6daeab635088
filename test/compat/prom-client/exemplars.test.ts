import { afterEach, describe, expect, test, vi } from 'vitest'
import { Counter } from '../../../src/prom-client.js'
import { expectSame, options } from './both.js'

afterEach(() => {
  vi.useRealTimers()
})

const trace = { traceId: 't1', spanId: 's1' }

describe('exemplars', () => {
  test('of counters are the last that was passed, with the value that was added', () =>
    expectSame(async ({ Counter }, sightings) => {
      vi.useFakeTimers({ now: 1_678_654_679_250, toFake: ['Date'] })
      const counter = new Counter(options({ labelNames: ['method'], enableExemplars: true }))
      counter.inc()
      counter.inc({ value: 2, labels: { method: 'GET' }, exemplarLabels: trace })
      sightings.see(await counter.get())
      counter.inc({ labels: { method: 'GET' } })
      counter.inc({ labels: { method: 'GET' }, exemplarLabels: { traceId: 't2' } })
      counter.inc({ labels: { method: 'GET' }, value: 5, exemplarLabels: { traceId: 't3' } })
      sightings.see(await counter.get())
      counter.inc(7)
      counter.inc({ labels: { method: 'POST' }, value: null })
      sightings.see(await counter.get())
      sightings.attempt(() => counter.inc({ value: -1, exemplarLabels: trace }))
      sightings.attempt(() => counter.inc({ labels: { other: 1 }, exemplarLabels: trace }))
    }))

  test('of histograms belong to the bucket of the value', () =>
    expectSame(async ({ Histogram }, sightings) => {
      vi.useFakeTimers({ now: 1_678_654_679_250, toFake: ['Date', 'hrtime', 'setTimeout'] })
      const histogram = new Histogram(options({ labelNames: ['method'], buckets: [0.5, 1], enableExemplars: true }))
      const labels = { method: 'GET' }
      sightings.see(await histogram.get())
      histogram.observe({ value: 0.2, labels, exemplarLabels: trace })
      histogram.observe({ value: 0.3, labels, exemplarLabels: { traceId: 't2' } })
      histogram.observe({ value: 0.3, labels })
      histogram.observe({ value: 0.4, labels, exemplarLabels: {} })
      histogram.observe({ value: 7, labels, exemplarLabels: { traceId: 't3' } })
      sightings.see(await histogram.get())
      const end = histogram.startTimer(labels, { traceId: 'start' })
      vi.advanceTimersByTime(750)
      sightings.see(end({}, { spanId: 'end' }))
      const shown = await histogram.get()
      for (const value of shown.values) if (value.exemplar) value.exemplar.timestamp = 'some time'
      sightings.see(shown)
      sightings.attempt(() => histogram.observe({ labels }))
      sightings.attempt(() => histogram.observe())
    }))

  test('are refused if they are too long, and what was counted stays', () =>
    expectSame(async ({ Counter, Histogram }, sightings) => {
      const counter = new Counter(options({ enableExemplars: true }))
      const histogram = new Histogram(options({ enableExemplars: true, buckets: [1] }))
      for (const length of [121, 122]) {
        const exemplarLabels = { traceId: 'x'.repeat(length) }
        sightings.attempt(() => counter.inc({ exemplarLabels }))
        sightings.attempt(() => histogram.observe({ value: 2, exemplarLabels }))
      }
      sightings.see((await counter.get()).values[0].value)
      sightings.see((await histogram.get()).values.at(-1).value)
    }))

  test('are only for registries that show them', () =>
    expectSame(({ Counter, Histogram, Gauge, Summary }, sightings) => {
      const registry = { contentType: 'text/plain; version=0.0.4; charset=utf-8', registerMetric() {} }
      for (const Metric of [Counter, Histogram, Gauge, Summary])
        sightings.attempt(() => new Metric(options({ enableExemplars: true, registers: [registry] })))
    }))

  test('of a child count in its series, where the client counts 1 without labels', async () => {
    const counter = new Counter({ name: 'm', help: 'M.', labelNames: ['a'], registers: [], enableExemplars: true })
    counter.labels('x').inc(2)
    expect((await counter.get()).values).toEqual([{ value: 2, labels: { a: 'x' } }])
  })
})
