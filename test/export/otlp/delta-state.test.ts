import { describe, expect, test } from 'vitest'
import { DeltaBatch, DeltaState } from '../../../src/export/otlp/delta-state.js'
import type { HistogramPoint, NumberPoint, Point } from '../../../src/export/otlp/point.js'
import { LocalAmounts } from '../../../src/export/sent-amounts.js'
import { noPause } from '../../helpers/writers.js'

/** Exports of one counter or histogram, accepted or not. */
class Exports {
  readonly state: DeltaState

  constructor(amounts?: LocalAmounts) {
    this.state = new DeltaState(amounts)
  }

  async export(time: number, point: Point | undefined, accepted = true) {
    const batch = new DeltaBatch()
    await this.state.begin({ families: [], defaultLabels: {}, workers: 0, faults: [], pause: noPause, release() {} })
    const sent = point && this.state.difference('jobs', point, time, batch)
    this.state.end(time)
    if (accepted) await this.state.commit(batch, time)
    await this.state.forgetObsolete()
    return sent as (NumberPoint & HistogramPoint) | undefined
  }
}

describe('the differences of a counter', () => {
  test('begin where the last ones ended', async () => {
    const exports = new Exports()
    expect(await exports.export(1_000, counter(5, 400))).toMatchObject({ value: 5, start: 400 })
    expect(await exports.export(2_000, counter(7, 400))).toMatchObject({ value: 2, start: 1_000 })
    expect(await exports.export(3_000, counter(7, 400))).toMatchObject({ value: 0, start: 2_000 })
  })

  test('contain what a receiver has not accepted', async () => {
    const exports = new Exports()
    await exports.export(1_000, counter(5, 400))
    await exports.export(2_000, counter(7, 400), false)
    expect(await exports.export(3_000, counter(8, 400))).toMatchObject({ value: 3, start: 1_000 })
  })

  test('begin again when the series was removed or begins again', async () => {
    const exports = new Exports()
    await exports.export(1_000, counter(5, 400))
    await exports.export(2_000, undefined)
    expect(await exports.export(3_000, counter(6, 2_500))).toMatchObject({ value: 6, start: 2_500 })
    expect(await exports.export(4_000, counter(9, 3_500))).toMatchObject({ value: 9, start: 3_500 })
    expect(await exports.export(5_000, counter(2, 3_500))).toMatchObject({ value: 2, start: 4_000 })
  })

  test('of fractions add up to the value', async () => {
    const exports = new Exports()
    let [value, received] = [0, 0]
    for (let i = 1; i <= 1_000; i++) {
      value += 0.1
      received += (await exports.export(i, counter(value, 0)))!.value
    }
    expect(Math.abs(received - value)).toBeLessThanOrEqual(Number.EPSILON * value)
  })

  test('begin with the second export, if it is not known when the series began', async () => {
    const exports = new Exports()
    expect(await exports.export(1_000, counter(5, undefined))).toBeUndefined()
    expect(await exports.export(2_000, counter(7, undefined))).toMatchObject({ value: 2, start: 1_000 })
    await exports.export(3_000, undefined)
    // New since the last export, so all of it belongs to this interval.
    expect(await exports.export(4_000, counter(3, undefined))).toMatchObject({ value: 3, start: 3_000 })
  })

  test('contain what was counted since the first export, even if that failed', async () => {
    const exports = new Exports()
    expect(await exports.export(1_000, counter(5, undefined), false)).toBeUndefined()
    expect(await exports.export(2_000, counter(7, undefined), false)).toMatchObject({ value: 2, start: 1_000 })
    expect(await exports.export(3_000, counter(8, undefined))).toMatchObject({ value: 3, start: 1_000 })
    expect(await exports.export(4_000, counter(9, undefined))).toMatchObject({ value: 1, start: 3_000 })
  })

  test('have only the exemplars of their interval', async () => {
    const exports = new Exports()
    const exemplars = [500, 1_500].map((time) => ({
      value: 1,
      time,
      traceId: undefined,
      spanId: undefined,
      attributes: [],
    }))
    expect((await exports.export(1_000, { ...counter(5, 400), exemplars: [exemplars[0]!] }))!.exemplars).toHaveLength(1)
    expect((await exports.export(2_000, { ...counter(6, 400), exemplars }))!.exemplars).toEqual([exemplars[1]])
  })
})

describe('the differences of a histogram', () => {
  test('are of each bucket and of the sum', async () => {
    const exports = new Exports()
    await exports.export(1_000, histogram([1, 2], [1, 2, 3], 10))
    const second = await exports.export(2_000, histogram([1, 2], [1, 4, 3], 13))
    expect(second).toMatchObject({ counts: [0, 2, 0], sum: 3, start: 1_000 })
  })

  test('have a sum that falls, with observations below 0', async () => {
    const exports = new Exports()
    await exports.export(1_000, histogram([1], [1, 0], -1))
    expect(await exports.export(2_000, histogram([1], [2, 0], -4))).toMatchObject({ counts: [1, 0], sum: -3 })
  })

  test('survive a change to fewer buckets', async () => {
    const exports = new Exports()
    await exports.export(1_000, histogram([1, 2, 3], [1, 2, 3, 4], 10))
    expect(await exports.export(2_000, histogram([2], [4, 9], 20))).toMatchObject({
      counts: [1, 2],
      sum: 10,
      start: 1_000,
    })
  })

  test('have no sum if it is not known', async () => {
    const exports = new Exports()
    await exports.export(1_000, histogram([1], [1, 0], undefined))
    expect(await exports.export(2_000, histogram([1], [1, 1], undefined))).toMatchObject({
      counts: [0, 1],
      sum: undefined,
    })
  })
})

test('points without differences are unchanged', async () => {
  const exports = new Exports()
  const summary = { key: '', attributes: [], start: 0, sum: 1, count: 1, quantiles: [] }
  expect(await exports.export(1_000, summary)).toBe(summary)
})

function counter(value: number, start: number | undefined): NumberPoint {
  return { key: '[]', attributes: [], start, value, exemplars: [] }
}

function histogram(bounds: readonly number[], counts: readonly number[], sum: number | undefined): HistogramPoint {
  return { key: '[]', attributes: [], start: 400, sum, bounds, counts, exemplars: [] }
}

describe('what is kept for the next process', () => {
  test('are the accepted values, with which it continues; removed series are forgotten', async () => {
    const amounts = new LocalAmounts()
    const one = new Exports(amounts)
    await one.export(1_000, counter(5, 400))
    await one.export(2_000, counter(7, 400))
    await one.export(3_000, counter(9, 400), false)
    expect(contentOf(amounts)).toEqual({ '["jobs","[]","value"]': 7, time: 2_000 })
    const two = new Exports(amounts)
    expect(await two.export(4_000, counter(10, 400))).toMatchObject({ value: 3, start: 2_000 })
    // The first process sends again, and does not count from what it sent itself.
    expect(await one.export(5_000, counter(11, 400))).toMatchObject({ value: 1, start: 4_000 })
    await one.export(6_000, undefined)
    expect(contentOf(amounts)).toEqual({ time: 5_000 })
  })

  test('are the sum and the buckets of histograms, also after their buckets have changed', async () => {
    const amounts = new LocalAmounts()
    await new Exports(amounts).export(1_000, histogram([0.5, 1, 2], [1, 2, 3, 4], 10))
    const two = new Exports(amounts)
    expect(await two.export(2_000, histogram([1], [4, 8], 12))).toMatchObject({ counts: [1, 1], sum: 2, start: 1_000 })
    expect(
      Object.keys(contentOf(amounts))
        .map((name) => JSON.parse(name.replace(/^time$/, '[0,0,"time"]'))[2])
        .sort(),
    ).toEqual(['1', 'Infinity', 'sum', 'time'])
    const three = new Exports(amounts)
    expect(await three.export(3_000, histogram([1], [5, 8], 13))).toMatchObject({ counts: [1, 0], sum: 1 })
  })

  test('is removed later if it cannot be removed now', async () => {
    let isBusy = true
    const amounts = new (class extends LocalAmounts {
      override forget(names: readonly string[]): boolean {
        return !isBusy && super.forget(names)
      }
    })()
    const exports = new Exports(amounts)
    await exports.export(1_000, counter(5, 400))
    await exports.export(2_000, undefined)
    expect(Object.keys(contentOf(amounts))).toHaveLength(2)
    isBusy = false
    await exports.export(3_000, undefined)
    expect(Object.keys(contentOf(amounts))).toEqual(['time'])
  })

  test('is not known to a process outside of the application: it sends what is counted from then on', async () => {
    const exports = new Exports(new LocalAmounts({ fromNow: true }))
    expect(await exports.export(1_000, counter(5, 400))).toBeUndefined()
    expect(await exports.export(2_000, counter(7, 400))).toMatchObject({ value: 2, start: 1_000 })
  })
})

function contentOf(amounts: LocalAmounts): Record<string, number> {
  return Object.fromEntries([...amounts.entries()].map(([name, number]) => [name, amounts.amount(number)]))
}
