import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Gauge, Histogram, Registry } from '../../src/index.js'
import { shown } from '../helpers/samples.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['hrtime'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function metrics(labelNames: readonly string[] = []) {
  const registry = new Registry()
  const histogram = new Histogram({ name: 'h', help: 'H.', labelNames, buckets: [], registers: [registry] })
  const gauge = new Gauge({ name: 'g', help: 'G.', labelNames, registers: [registry] })
  return { registry, timed: [histogram, gauge] as const }
}

describe('startTimer()', () => {
  test('records the seconds until its end is called, and returns them', async () => {
    const { registry, timed } = metrics()
    const ends = timed.map((metric) => metric.startTimer())
    vi.advanceTimersByTime(1500)
    expect(ends.map((end) => end())).toEqual([1.5, 1.5])
    expect(await shown(registry)).toMatchObject({ h_sum: 1.5, h_count: 1, g: 1.5 })
  })

  test('looks the clock up when it is called: tests may fake it', () => {
    const [histogram] = metrics().timed
    const end = histogram.startTimer()
    vi.advanceTimersByTime(60_000)
    expect(end()).toBe(60)
  })

  test('may end more than once: each end is an observation', async () => {
    const { registry, timed } = metrics()
    const end = timed[0].startTimer()
    vi.advanceTimersByTime(1000)
    end()
    vi.advanceTimersByTime(1000)
    end()
    expect(await shown(registry)).toMatchObject({ h_sum: 3, h_count: 2 })
  })

  test('reads its labels at the end: callers put the status into the object that they started with', async () => {
    const { registry, timed } = metrics(['method', 'status'])
    const labels: Record<string, string | number> = { method: 'GET' }
    const ends = timed.map((metric) => metric.startTimer(labels))
    labels.status = 200
    vi.advanceTimersByTime(500)
    for (const end of ends) end()
    expect(await shown(registry)).toMatchObject({
      'h_sum{method="GET",status="200"}': 0.5,
      'g{method="GET",status="200"}': 0.5,
    })
  })

  test('joins the labels of its end, which win, and changes neither object', async () => {
    const { registry, timed } = metrics(['method', 'status'])
    const atStart = Object.freeze({ method: 'GET', status: 'unknown' })
    const atEnd = Object.freeze({ status: 404 })
    for (const metric of timed) metric.startTimer(atStart)(atEnd)
    expect(Object.keys(await shown(registry))).toEqual(
      expect.arrayContaining(['h_sum{method="GET",status="404"}', 'g{method="GET",status="404"}']),
    )
    expect(atStart).toEqual({ method: 'GET', status: 'unknown' })
    expect(atEnd).toEqual({ status: 404 })
  })

  test('takes labels at its end alone', async () => {
    const { registry, timed } = metrics(['status'])
    for (const metric of timed) metric.startTimer()({ status: 200 })
    expect(await shown(registry)).toMatchObject({ 'h_count{status="200"}': 1, 'g{status="200"}': 0 })
  })

  test('of a child needs no labels', async () => {
    const { registry, timed } = metrics(['status'])
    const ends = timed.map((metric) => metric.labels(200).startTimer())
    vi.advanceTimersByTime(2000)
    expect(ends.map((end) => end())).toEqual([2, 2])
    expect(await shown(registry)).toMatchObject({ 'h_sum{status="200"}': 2, 'g{status="200"}': 2 })
  })
})
