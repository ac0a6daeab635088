import { performance } from 'node:perf_hooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics, Registry } from '../../../src/index.js'
import { until } from '../../helpers/processes/until.js'
import { shown } from '../../helpers/samples.js'

const [summary, histogram] = ['nodejs_eventloop_utilization_summary', 'nodejs_eventloop_utilization_histogram']

let registry = new Registry()

beforeEach(() => {
  registry = new Registry()
})

afterEach(() => registry.clear())

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** The values of a label of a sample's series, in their order. */
function labelValues(samples: object, name: string, label: string): string[] {
  const pattern = new RegExp(`^${name}\\{.*${label}="([^"]*)"`)
  return Object.keys(samples).flatMap((sample) => pattern.exec(sample)?.[1] ?? [])
}

describe('samples of the utilization', () => {
  test('have the quantiles and buckets of @prometheus-io/client, and are shown from the start', async () => {
    collectDefaultMetrics({ register: registry })
    const samples = await shown(registry)
    expect(samples[`${histogram}_count`]).toBe(0)
    expect(samples[`${summary}_count`]).toBe(0)
    const quantiles = ['0.01', '0.05', '0.5', '0.9', '0.95', '0.99', '0.999']
    expect(labelValues(samples, summary!, 'quantile')).toEqual(quantiles)
    const buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 1, '+Inf']
    expect(labelValues(samples, `${histogram}_bucket`, 'le')).toEqual(buckets.map(String))
  })

  test('have other values on request', async () => {
    collectDefaultMetrics({
      register: registry,
      labels: { service: 'shop' },
      eventLoopUtilizationPercentiles: [0.5],
      eventLoopUtilizationBuckets: [0.25, 0.75],
      eventLoopUtilizationTimeout: 10,
    })
    const samples = await until(
      () => shown(registry),
      (seen) => seen[`${histogram}_count{service="shop"}`]! > 0,
    )
    expect(labelValues(samples, summary!, 'quantile')).toEqual(['0.5'])
    expect(labelValues(samples, `${histogram}_bucket`, 'le')).toEqual(['0.25', '0.75', '+Inf'])
  })

  test('count once for each interval, also for those in which the loop is blocked', async () => {
    const interval = 20
    const buckets = [0.5, 1]
    const began = performance.now()
    collectDefaultMetrics({
      register: registry,
      eventLoopUtilizationTimeout: interval,
      eventLoopUtilizationBuckets: buckets,
    })
    block(25 * interval)
    const samples = await until(
      () => shown(registry),
      (seen) => seen[`${histogram}_count`]! >= 25,
    )
    const passed = (performance.now() - began) / interval
    const count = samples[`${histogram}_count`]!
    expect(count).toBeLessThanOrEqual(Math.round(passed))
    // The sample that ends the time in which it was blocked, and those within it.
    expect(count - samples[`${histogram}_bucket{le="0.5"}`]!).toBeGreaterThanOrEqual(25)
    expect(samples[`${summary}_count`]).toBe(count)
    expect(samples[`${summary}_sum`]).toBeCloseTo(samples[`${histogram}_sum`]!, 9)
    expect(samples[`${summary}{quantile="0.5"}`]).toBeGreaterThan(0.9)
  })

  test('have quantiles of the last seconds', async () => {
    collectDefaultMetrics({
      register: registry,
      eventLoopUtilizationTimeout: 10,
      eventLoopUtilizationPercentiles: [0.99],
      eventLoopUtilizationMaxAgeSeconds: 1,
      eventLoopUtilizationAgeBuckets: 2,
    })
    block(600)
    const highest = async (): Promise<number> => (await shown(registry))[`${summary}{quantile="0.99"}`]!
    await until(highest, (quantile) => quantile > 0.9)
    const { [`${summary}_count`]: count } = await shown(registry)
    await until(
      async () => {
        // Without a pause, reading would keep the loop busy.
        await new Promise((resolve) => setTimeout(resolve, 300))
        return highest()
      },
      (quantile) => quantile < 0.9,
    )
    expect((await shown(registry))[`${summary}_count`]).toBeGreaterThan(count!)
  })

  test('are low while the loop is idle', async () => {
    collectDefaultMetrics({
      register: registry,
      eventLoopUtilizationTimeout: 10,
      eventLoopUtilizationBuckets: [0.5],
    })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const samples = await shown(registry)
    const count = samples[`${histogram}_count`]!
    expect(count).toBeGreaterThan(20)
    expect(samples[`${histogram}_bucket{le="0.5"}`]! / count).toBeGreaterThan(0.5)
  })

  test('end with clear(), and are taken once however often the function is called', async () => {
    const options = { register: registry, eventLoopUtilizationTimeout: 20 }
    const began = performance.now()
    for (let i = 0; i < 3; i++) collectDefaultMetrics(options)
    const samples = await until(
      () => shown(registry),
      (seen) => seen[`${histogram}_count`]! >= 5,
    )
    expect(samples[`${histogram}_count`]).toBeLessThanOrEqual(Math.round((performance.now() - began) / 20))
    registry.clear()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await shown(registry)).toEqual({})
    collectDefaultMetrics(options)
    expect((await shown(registry))[`${histogram}_count`]).toBeLessThan(3)
  })
})
