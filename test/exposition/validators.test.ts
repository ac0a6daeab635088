import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../src/index.js'
import { hasPromtool, promtoolSays } from '../helpers/promtool.js'
import { hasStrictParser, type ParsedSample, parsedStrictly } from '../helpers/strict-parser.js'

/** The same in every run: what a label may hold, and what breaks formats first. */
const texts = fc.sample(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('\\', '"', '\n', ',', '}', '{', '=', ' ', '#', 'n', 'x'), minLength: 1 }),
    fc.string({ unit: 'grapheme', minLength: 1 }),
  ),
  { seed: 1513, numRuns: 300 },
)
const numbers = fc.sample(fc.double({ noNaN: true }), { seed: 1513, numRuns: texts.length })

/** A registry with every type, odd label values, odd values, default labels and exemplars. */
function everything(): Registry {
  const registry = new Registry()
  const registers = [registry]
  registry.setDefaultLabels({ app: 'größe "1"\\\n', zone: '{}' })
  const labelNames = ['a', 'b'] as const
  const common = { help: 'A "help" \\\n of # EOF', labelNames, registers }
  const counter = new Counter({ ...common, name: 'sent_bytes_total', unit: 'bytes', enableExemplars: true })
  const gauge = new Gauge({ ...common, name: 'level' })
  const histogram = new Histogram({ ...common, name: 'wait_seconds', buckets: [1e-5, 1, 1e6], enableExemplars: true })
  const summary = new Summary({ ...common, name: 'size_bytes', quantiles: [0.5, 1] })
  const info = new Info({ ...common, name: 'host_info' })
  texts.forEach((text, i) => {
    const labels = { a: text, b: String(i) }
    const exemplarLabels = { trace_id: String(i) }
    counter.inc({ labels, value: i, exemplarLabels })
    gauge.set(labels, numbers[i]!)
    histogram.observe({ labels, value: 10 ** (i % 20), exemplarLabels })
    summary.observe(labels, i)
    if (i === 0) info.info(labels)
  })
  for (const mode of ['mostrecent', 'all', 'count'] as const) {
    const states = ['up', ...new Set(texts.slice(0, 20))]
    new StateSet({ name: `${mode}_state`, help: 'S.', states, mode, registers }).state('up')
  }
  new Histogram({ name: 'below_zero', help: 'B.', buckets: [-1, 1], registers }).observe(-5)
  new Counter({ name: 'level_total', help: 'The family of a gauge.', registers }).inc()
  return registry
}

describe.skipIf(!hasStrictParser)("the Python client's strict parser", () => {
  test('reads everything from OpenMetrics as it was written', async () => {
    const registry = everything()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const families = new Map(parsedStrictly(await registry.metrics()).map((family) => [family.name, family]))
    expect([...families].map(([name, { type, unit }]) => `${name} ${type} ${unit}`.trim()).sort()).toEqual([
      'all_state stateset',
      'below_zero histogram',
      'count_state gauge',
      'host info',
      'level gauge',
      'level_total unknown',
      'mostrecent_state stateset',
      'sent_bytes counter bytes',
      'size_bytes summary',
      'wait_seconds histogram',
    ])
    expect(families.get('level')!.help).toBe('A "help" \\\n of # EOF')
    const byIndex = (sample: ParsedSample) => Number(sample.labels.b)
    const gauges = [...families.get('level')!.samples].sort((one, two) => byIndex(one) - byIndex(two))
    expect(gauges.map(({ labels }) => labels)).toEqual(
      texts.map((a, i) => ({ a, b: String(i), app: 'größe "1"\\\n', zone: '{}' })),
    )
    expect(gauges.map(({ value }) => Number(value.replace('inf', 'Infinity')))).toEqual(numbers.map((n) => n + 0))
    for (const name of ['sent_bytes', 'wait_seconds']) {
      const exemplars = families.get(name)!.samples.filter(({ exemplar }) => exemplar !== null)
      expect(exemplars.length).toBe(texts.length)
      for (const { labels, exemplar } of exemplars) expect(exemplar).toMatchObject({ labels: { trace_id: labels.b } })
    }
  })

  test('reads families beside those that are named like the time when they began', async () => {
    const registry = new Registry()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const registers = [registry]
    const created = { help: 'C.', registers }
    new Counter({ ...created, name: 'jobs_created_total' }).inc(3)
    new Counter({ ...created, name: 'jobs_total' }).inc(2)
    new Counter({ ...created, name: 'wait_created_total' }).inc(1)
    new Histogram({ ...created, name: 'wait', buckets: [1] }).observe(1)
    new Counter({ ...created, name: 'users_total' }).inc(7)
    new Gauge({ ...created, name: 'users_created' }).set(8)
    registry.registerMetric({
      name: 'plug_total',
      help: 'P.',
      get: () => ({
        name: 'plug_total',
        help: 'P.',
        type: 'counter',
        aggregator: 'sum',
        values: [
          { value: 4, labels: {} },
          { value: 5, labels: {}, metricName: 'plug_created' },
        ],
      }),
    })
    new Gauge({ ...created, name: 'plug_created' }).set(6)
    const read = parsedStrictly(await registry.metrics())
    const shown = read.map(({ name, type, samples }) => [name, type, ...samples.map((sample) => sample.name)].join(' '))
    expect(shown.sort()).toEqual([
      'jobs counter jobs_total jobs_created',
      'jobs_created_total unknown jobs_created_total',
      'plug_created gauge plug_created',
      'plug_total unknown plug_total',
      'users_created gauge users_created',
      'users_total unknown users_total',
      'wait histogram wait_bucket wait_bucket wait_sum wait_count wait_created',
      'wait_created_total unknown wait_created_total',
    ])
  })
})

describe.skipIf(!hasPromtool)('promtool', () => {
  test('accepts everything in text 0.0.4', async () => {
    expect(promtoolSays(await everything().metrics())).toBe('')
  })
})
