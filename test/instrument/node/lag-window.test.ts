import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { LagWindow } from '../../../src/instrument/node/lag-window.js'

const millisecond = 1e6
const resolution = 10 * millisecond

/** What the monitor sees of a loop that is so many milliseconds late. */
function late(histogram: RecordableHistogram, ...lags: readonly number[]): void {
  for (const lag of lags) histogram.record(Math.round(resolution + lag * millisecond))
}

function windowOf(length = 3) {
  const histogram = createHistogram()
  const window = new LagWindow(resolution, length)
  const close = (): void => {
    window.close(histogram)
    histogram.reset()
  }
  return { histogram, close, lag: () => window.lag(histogram) }
}

describe('the lag over the last stretches of time', () => {
  test('is nothing before the first look at the loop', () => {
    const { close, lag } = windowOf()
    expect(lag()).toBeUndefined()
    close()
    expect(lag()).toBeUndefined()
  })

  test('is the part of the delay above the interval between two samples', () => {
    const { histogram, lag } = windowOf()
    late(histogram, 2, 2, 2, 30)
    const { min, max, mean, p50, p99 } = lag()!
    expect(min).toBeCloseTo(0.002, 4)
    expect(max).toBeCloseTo(0.03, 4)
    expect(mean).toBeCloseTo(0.009, 4)
    expect(p50).toBeCloseTo(0.002, 4)
    expect(p99).toBeCloseTo(0.03, 4)
  })

  test('is never negative', () => {
    const { histogram, lag } = windowOf()
    late(histogram, -3)
    expect(lag()).toMatchObject({ min: 0, max: 0, mean: 0, p50: 0, p99: 0 })
  })

  test('is not changed by reading it', () => {
    const { histogram, close, lag } = windowOf()
    late(histogram, 2, 30)
    close()
    const first = lag()
    late(histogram, 500)
    expect(lag()).toEqual(first)
    expect(histogram.count).toBe(1)
  })

  test('shows a block as long as the window lasts, and then no more', () => {
    const { histogram, close, lag } = windowOf(3)
    late(histogram, 400)
    close()
    const shown: number[] = []
    for (let stretch = 0; stretch < 4; stretch++) {
      shown.push(lag()!.max)
      late(histogram, 1)
      close()
    }
    expect(shown.map((max) => Math.round(max * 1000))).toEqual([400, 400, 400, 1])
  })

  test('has the minimum, mean and deviation of all looks together', () => {
    const whole = createHistogram()
    const { histogram, close, lag } = windowOf()
    for (const lags of [
      [1, 2, 3],
      [40, 60],
      [5, 5, 5, 5, 90],
    ]) {
      late(whole, ...lags)
      late(histogram, ...lags)
      close()
    }
    const { min, mean, stddev } = lag()!
    expect(min).toBeCloseTo(0.001, 4)
    expect(mean).toBeCloseTo((whole.mean - resolution) / 1e9, 4)
    expect(stddev).toBeCloseTo(whole.stddev / 1e9, 4)
  })

  test('has the percentiles of the worst stretch', () => {
    const { histogram, close, lag } = windowOf()
    for (const lag of [1, 50, 2]) {
      late(histogram, lag, lag, lag)
      close()
    }
    const { p50, p90, p99 } = lag()!
    for (const percentile of [p50, p90, p99]) expect(percentile).toBeCloseTo(0.05, 4)
  })

  test('continues with earlier values if an interval has no sample, such as during a suspension', () => {
    const { histogram, close, lag } = windowOf(1)
    late(histogram, 7)
    close()
    close()
    expect(lag()!.max).toBeCloseTo(0.007, 4)
  })
})
