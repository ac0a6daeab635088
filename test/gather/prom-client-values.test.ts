import { describe, expect, test } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import { familyFromValues, valuesOf } from '../../src/gather/prom-client-values.js'
import type { MetricValues } from '../../src/metric/metric-values.js'
import { layoutOf } from '../../src/model/layout/layout-of.js'
import { infoFamily, stateSetFamily, summaryFamily } from '../helpers/families.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause, TestWriter } from '../helpers/writers.js'

const given: MetricValues = {
  name: 'plugin_seconds',
  help: 'P.',
  type: 'summary',
  aggregator: 'sum',
  values: [
    { labels: { quantile: 0.5 }, value: 3 },
    { labels: {}, value: 7, metricName: 'plugin_seconds_sum' },
  ],
}

describe("a plug-in's metric", () => {
  test('becomes a family, its label values texts', () => {
    expect(familyFromValues(given)).toEqual({
      name: 'plugin_seconds',
      help: 'P.',
      type: 'summary',
      samples: [
        { name: 'plugin_seconds', labels: { quantile: '0.5' }, value: 3 },
        { name: 'plugin_seconds_sum', labels: {}, value: 7 },
      ],
    })
  })

  test('may have no values, or values without labels', () => {
    const { name, help, type } = given
    expect(familyFromValues({ name, help, type } as never)).toMatchObject({ samples: [] })
    expect(familyFromValues({ name, help, type, values: [{ value: 1 }] } as never)).toMatchObject({
      samples: [{ name: 'plugin_seconds', labels: {}, value: 1 }],
    })
  })

  test('has the default labels that it has no label for', () => {
    expect(valuesOf(familyFromValues(given), { app: 'x', quantile: 'no' })).toMatchObject({
      values: [
        { labels: { app: 'x', quantile: '0.5' }, value: 3 },
        { labels: { app: 'x', quantile: 'no' }, value: 7, metricName: 'plugin_seconds_sum' },
      ],
    })
  })
})

describe("a family in prom-client's shape", () => {
  async function values(writer: TestWriter, defaultLabels = {}): Promise<MetricValues> {
    const { tables } = await new Merger().merge([writer], noPause)
    return valuesOf(tables[0]!, defaultLabels)
  }

  test('of a counter', async () => {
    const writer = new TestWriter(1)
    writer.open(counterFamily('c', { help: 'C.', labelNames: ['a', 'b'] }), ['x', null], [3])
    expect(await values(writer)).toEqual({
      name: 'c',
      help: 'C.',
      type: 'counter',
      aggregator: 'sum',
      values: [{ labels: { a: 'x' }, value: 3 }],
    })
  })

  test('of a gauge shows no value that was never set', async () => {
    const writer = new TestWriter(1)
    const family = gaugeFamily('g', 'mostrecent', { labelNames: ['a'] })
    writer.open(family, ['unset'], [0, 0, 0, 0])
    writer.open(family, ['x'], [2, 1, 10, 3])
    expect((await values(writer)).values).toEqual([{ labels: { a: 'x' }, value: 3 }])
  })

  test('of a histogram has cumulative buckets, then sum and count', async () => {
    const writer = new TestWriter(1)
    writer.open(histogramFamily('h', [0.5, 1], { labelNames: ['a'] }), ['x'], [0, 7, 1, 2, 3])
    expect((await values(writer)).values).toEqual([
      { labels: { le: 0.5, a: 'x' }, value: 1, metricName: 'h_bucket' },
      { labels: { le: 1, a: 'x' }, value: 3, metricName: 'h_bucket' },
      { labels: { le: '+Inf', a: 'x' }, value: 6, metricName: 'h_bucket' },
      { labels: { a: 'x' }, value: 7, metricName: 'h_sum' },
      { labels: { a: 'x' }, value: 6, metricName: 'h_count' },
    ])
  })

  test('of a summary has its quantiles, then sum and count', async () => {
    const writer = new TestWriter(1)
    const family = summaryFamily('s', { labelNames: ['a'], quantiles: [0.5, 0.9], relativeError: 0.4 })
    const { width } = layoutOf(family)
    writer.open(family, ['x'], [0, 7, 3, 3, ...Array<number>(width - 4).fill(0)])
    expect((await values(writer, { z: '1' })).values).toEqual([
      { labels: { quantile: 0.5, z: '1', a: 'x' }, value: 0 },
      { labels: { quantile: 0.9, z: '1', a: 'x' }, value: 0 },
      { labels: { z: '1', a: 'x' }, value: 7, metricName: 's_sum' },
      { labels: { z: '1', a: 'x' }, value: 3, metricName: 's_count' },
    ])
  })

  test('of an info has its labels, and the name that is shown', async () => {
    for (const [name, metricName] of [['build', 'build_info'], ['build_info']] as const) {
      const writer = new TestWriter(1)
      writer.open(infoFamily(name, { labelNames: ['a'] }), ['x'], [1])
      expect((await values(writer)).values).toEqual([
        { labels: { a: 'x' }, value: 1, ...(metricName !== undefined && { metricName }) },
      ])
    }
  })

  test('of a stateset has a sample per state', async () => {
    const writer = new TestWriter(1)
    writer.open(stateSetFamily('phase', ['up', 'down'], 'count', { labelNames: ['a'] }), ['x'], [0, 1, 10, 0, 1])
    expect((await values(writer)).values).toEqual([
      { labels: { a: 'x', phase: 'up' }, value: 0 },
      { labels: { a: 'x', phase: 'down' }, value: 1 },
    ])
  })

  test('has the default labels that it has no label for', async () => {
    const writer = new TestWriter(1)
    writer.open(counterFamily('c', { labelNames: ['a', 'b'] }), ['x', null], [3])
    expect((await values(writer, { a: 'default', b: 'default', z: '1' })).values).toEqual([
      { labels: { a: 'x', b: 'default', z: '1' }, value: 3 },
    ])
  })
})
