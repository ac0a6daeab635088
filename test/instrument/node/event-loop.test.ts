import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { collectDefaultMetrics, Registry } from '../../../src/index.js'
import { until } from '../../helpers/processes/until.js'
import { shown } from '../../helpers/samples.js'

vi.mock('../../../src/platform/timers.js', () => import('../../helpers/patchable-timers.js'))

let registry = new Registry()

afterEach(() => {
  registry.clear()
  registry = new Registry()
  vi.useRealTimers()
})

function measure(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  collectDefaultMetrics({ register: registry })
}

function lagsOf(samples: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(samples).filter(([name]) => /_lag_\w+_seconds/.test(name)))
}

/** The loop was measured: there is a lag to show. */
async function looked(): Promise<void> {
  await until(
    () => shown(registry),
    (samples) => samples.nodejs_eventloop_lag_max_seconds !== undefined,
  )
}

/** As if five seconds had passed; the next histogram gets time to begin. */
async function endStretch(): Promise<void> {
  vi.advanceTimersByTime(5_000)
  await handedOver()
}

async function handedOver(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 40))
  await new Promise((resolve) => setImmediate(resolve))
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

describe('the event loop', () => {
  test('shows no lag before the first measurement', async () => {
    measure()
    expect(lagsOf(await shown(registry))).toEqual({})
  })

  test('shows the same to all readers until the next interval has ended', async () => {
    measure()
    await looked()
    await endStretch()
    const first = lagsOf(await shown(registry))
    expect(Object.keys(first)).toHaveLength(7)
    block(50)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(lagsOf(await shown(registry))).toEqual(first)
    await endStretch()
    expect((await shown(registry)).nodejs_eventloop_lag_max_seconds).toBeGreaterThan(0.03)
  })

  test('misses no block, not even where one stretch of time ends and the next begins', async () => {
    measure()
    await looked()
    await endStretch()
    // Within the first looks of the next histogram, which see nothing yet.
    vi.advanceTimersByTime(5_000)
    block(100)
    await handedOver()
    expect((await shown(registry)).nodejs_eventloop_lag_max_seconds).toBeGreaterThan(0.08)
  })

  test('shows how long a turn took', async () => {
    measure()
    const samples = await until(
      () => shown(registry),
      (seen) => seen.nodejs_eventloop_lag_seconds !== undefined,
    )
    expect(samples.nodejs_eventloop_lag_seconds).toBeGreaterThan(0)
  })

  test('shows its utilization as a share, and its time by state', async () => {
    measure()
    const before = performance.eventLoopUtilization()
    expect((await shown(registry)).nodejs_eventloop_utilization).toBeUndefined()
    await endStretch()
    const samples = await shown(registry)
    expect(samples.nodejs_eventloop_utilization).toBeGreaterThanOrEqual(0)
    expect(samples.nodejs_eventloop_utilization).toBeLessThanOrEqual(1)
    const active = samples['nodejs_eventloop_time_seconds_total{state="active"}']!
    const idle = samples['nodejs_eventloop_time_seconds_total{state="idle"}']!
    expect(active * 1000).toBeGreaterThanOrEqual(before.active)
    expect(idle * 1000).toBeGreaterThanOrEqual(before.idle)
  })

  test('is measured once, however often it is requested, until the last of its metrics is removed', () => {
    // The windows of the lag, and the samples of the utilization.
    const timers = 2
    measure()
    expect(vi.getTimerCount()).toBe(timers)
    collectDefaultMetrics({ register: registry })
    expect(vi.getTimerCount()).toBe(timers)
    registry.removeSingleMetric('nodejs_eventloop_lag_seconds')
    expect(vi.getTimerCount()).toBe(timers)
    registry.clear()
    expect(vi.getTimerCount()).toBe(0)
    collectDefaultMetrics({ register: registry })
    expect(vi.getTimerCount()).toBe(timers)
  })
})
