import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, openMetricsContentType, prometheusContentType, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'

function registryWithJobs(): Registry {
  const registry = new Registry()
  new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc(3)
  return registry
}

async function exposed(registry: Registry, accept?: string): Promise<{ contentType: string; text: string }> {
  const { contentType, chunks } = await registry.expose(accept)
  return { contentType, text: Buffer.concat(chunks).toString() }
}

describe('the content type of a registry', () => {
  test('is that of text 0.0.4 by default', () => {
    expect(new Registry().contentType).toBe(Registry.PROMETHEUS_CONTENT_TYPE)
    expect([prometheusContentType, openMetricsContentType]).toEqual([
      'text/plain; version=0.0.4; charset=utf-8',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ])
  })

  test('is that of the exposition', async () => {
    const registry = registryWithJobs()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    expect(registry.contentType).toBe(Registry.OPENMETRICS_CONTENT_TYPE)
    expect(await registry.metrics()).toMatch(
      /^# TYPE jobs counter\n# HELP jobs Jobs\.\njobs_total 3\njobs_created [\d.]+\n# EOF\n$/,
    )
    expect(await registry.getSingleMetricAsString('jobs_total')).toMatch(
      /^# TYPE jobs counter\n(.+\n)+jobs_created [\d.]+\n$/,
    )
    registry.setContentType(Registry.PROMETHEUS_CONTENT_TYPE)
    expect(await registry.metrics()).toBe('# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 3\n')
  })

  test.each(['text/html', '', undefined, 'text/plain'])('is one that promhive writes, not %j', (type) => {
    const registry = new Registry()
    expect(faultOf(() => registry.setContentType(type as string))).toBe(
      `OPTION_INVALID: Content type ${type} is unsupported; use "${prometheusContentType}" or "${openMetricsContentType}"`,
    )
    expect(registry.contentType).toBe(prometheusContentType)
  })

  test('is kept when registries of one type are merged', () => {
    const [one, two, three] = [new Registry(), new Registry(), new Registry()]
    one.setContentType(openMetricsContentType)
    two.setContentType(openMetricsContentType)
    expect(Registry.merge([one, two]).contentType).toBe(openMetricsContentType)
    expect(Registry.merge([one, three]).contentType).toBe(prometheusContentType)
    expect(Registry.merge([]).contentType).toBe(prometheusContentType)
  })
})

describe('expose()', () => {
  test("is the format of the Accept header, whatever the registry's own type", async () => {
    const registry = registryWithJobs()
    for (const type of [prometheusContentType, openMetricsContentType]) {
      registry.setContentType(type)
      const om = await exposed(registry, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5')
      expect(om.contentType).toBe(openMetricsContentType)
      expect(om.text).toContain('jobs_total 3\njobs_created ')
      const text = await exposed(registry, 'text/plain')
      expect(text).toEqual({
        contentType: prometheusContentType,
        text: '# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 3\n',
      })
    }
  })

  test('is the type of the registry without an Accept header', async () => {
    const registry = registryWithJobs()
    expect(await exposed(registry)).toMatchObject({ contentType: prometheusContentType })
    registry.setContentType(openMetricsContentType)
    for (const accept of [undefined, '*/*', 'application/json']) {
      const { contentType, text } = await exposed(registry, accept)
      expect(contentType).toBe(openMetricsContentType)
      expect(text).toMatch(/# EOF\n$/)
    }
  })

  test('shares a waiting scrape with requests for the same format, and with no others', async () => {
    const registry = new Registry()
    let collected = 0
    const collect = function (this: Gauge) {
      this.set(++collected)
    }
    new Gauge({ name: 'g', help: 'G.', registers: [registry], collect })
    const accepts = ['text/plain', 'application/openmetrics-text', undefined, 'application/openmetrics-text', '*/*']
    const answers = await Promise.all(accepts.map((accept) => exposed(registry, accept)))
    expect(answers.map(({ text }) => text.match(/^g (\d)$/m)![1])).toEqual(['1', '2', '1', '2', '1'])
    expect(await registry.metrics()).toContain('g 3\n')
  })

  test('shows the default labels in each format, also those that are set between two scrapes', async () => {
    const registry = registryWithJobs()
    registry.setDefaultLabels({ app: 'one' })
    expect((await exposed(registry, 'application/openmetrics-text')).text).toContain('jobs_total{app="one"} 3\n')
    registry.setDefaultLabels({ app: 'two' })
    expect((await exposed(registry, 'application/openmetrics-text')).text).toContain('jobs_total{app="two"} 3\n')
    expect((await exposed(registry, 'text/plain')).text).toContain('jobs_total{app="two"} 3\n')
  })

  test('is the same from scrape to scrape, in turns with another format', async () => {
    const registry = registryWithJobs()
    const accepts = ['text/plain', 'application/openmetrics-text', 'text/plain', 'application/openmetrics-text']
    const answers: unknown[] = []
    for (const accept of accepts) answers.push(await exposed(registry, accept))
    expect(answers.slice(2)).toEqual(answers.slice(0, 2))
  })

  test("shows a plug-in's metric in each format", async () => {
    const registry = new Registry()
    const values = [{ labels: { a: 'x' }, value: 2 }]
    const get = () => ({ name: 'plugin_total', help: 'P.', type: 'counter', aggregator: 'sum', values })
    registry.registerMetric({ name: 'plugin_total', help: 'P.', get })
    expect((await exposed(registry, 'application/openmetrics-text')).text).toBe(
      '# TYPE plugin counter\n# HELP plugin P.\nplugin_total{a="x"} 2\n# EOF\n',
    )
    expect((await exposed(registry)).text).toContain('# TYPE plugin_total counter\nplugin_total{a="x"} 2\n')
  })

  test('the creation time of a histogram is not shown if a gauge has the name', async () => {
    const registry = new Registry()
    const common = { help: 'W.', registers: [registry] }
    new Histogram({ ...common, name: 'wait', buckets: [1] }).observe(1)
    new Gauge({ ...common, name: 'wait_created' }).set(5)
    const { text } = await exposed(registry, Registry.OPENMETRICS_CONTENT_TYPE)
    expect(text.match(/^wait_created.*/gm)).toEqual(['wait_created 5'])
    expect(text).toContain('# TYPE wait histogram\n')
    expect((await exposed(registry)).text).toContain('wait_count 1\n')
  })
})

describe('an exemplar', () => {
  test.each<[unknown, string]>([
    [{ trace_id: 'abc', span_id: undefined }, '# {trace_id="abc"} 1'],
    [{ trace_id: 'abc', span_id: null }, '# {trace_id="abc"} 1'],
    [{ trace_id: 7 }, '# {trace_id="7"} 1'],
    [{ trace_id: undefined }, ''],
    [{}, ''],
    [null, ''],
    [undefined, ''],
    ['abc', ''],
  ])('of %j has the labels with a value, and counting continues', async (exemplar, shown) => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c_total', help: 'C.', labelNames: ['a'], registers: [registry] })
    const histogram = new Histogram({ name: 'h', help: 'H.', buckets: [1], registers: [registry] })
    counter.inc({ a: 'x' }, 1, exemplar as never)
    counter.labels('x').inc(1, exemplar as never)
    histogram.observe(1, exemplar as never)
    const { text } = await exposed(registry, Registry.OPENMETRICS_CONTENT_TYPE)
    expect(/^c_total\{a="x"\} 2 ?(# \{.*\} 1)?/m.exec(text)?.[1] ?? '').toBe(shown)
    expect(/^h_bucket\{le="1.0"\} 1 ?(# \{.*\} 1)?/m.exec(text)?.[1] ?? '').toBe(shown)
  })
})
