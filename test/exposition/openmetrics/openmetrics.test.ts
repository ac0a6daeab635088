import { describe, expect, test } from 'vitest'
import { Merger } from '../../../src/gather/merge.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import type { Exemplar } from '../../../src/model/exemplar.js'
import { emptyTable, type Family } from '../../../src/model/family.js'
import { layoutOf } from '../../../src/model/layout/layout-of.js'
import { opened } from '../../../src/store/core/series-log.js'
import { openMetricsFormatter } from '../../helpers/formatters.js'
import { hasStrictParser, parsedStrictly } from '../../helpers/strict-parser.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause, restless, TestWriter } from '../../helpers/writers.js'

type Opened = readonly [FamilyDescriptor, (string | null)[], number[]]

const summary = (quantiles: readonly number[]): FamilyDescriptor => {
  const common = { name: 's', help: 'S.', labelNames: [], registry: 'default' }
  return { ...common, type: 'summary', quantiles, relativeError: 0.01 }
}

const stateset = (mode: 'mostrecent' | 'all' | 'count'): FamilyDescriptor => {
  const common = { name: 'state', help: 'S.', labelNames: ['a'], registry: 'default' }
  return { ...common, type: 'stateset', states: ['up', 'do"wn'], mode }
}

const info = (name: string): FamilyDescriptor => {
  return { type: 'info', name, help: 'I.', labelNames: ['v'], registry: 'default' }
}

async function text(families: readonly Family[], formatter = openMetricsFormatter()): Promise<string> {
  return Buffer.concat(await formatter.format(families, noPause)).toString()
}

async function tablesOf(...series: Opened[]): Promise<readonly Family[]> {
  const writer = new TestWriter(1)
  for (const one of series) writer.open(...one)
  return (await new Merger().merge([writer], noPause)).tables
}

/** The lines of these series, without the heading and the end. */
async function samples(...series: Opened[]): Promise<string[]> {
  const all = await text(await tablesOf(...series))
  return all.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

describe('OpenMetrics', () => {
  test('of no family is its end', async () => {
    expect(await text([])).toBe('# EOF\n')
  })

  test('of a part has no end', async () => {
    const families = await tablesOf([gaugeFamily('g', 'max'), [], [2, 1, Number.NaN, 0, 0]])
    const chunks = await openMetricsFormatter().formatPart(families, noPause)
    expect(Buffer.concat(chunks).toString()).toBe('# TYPE g gauge\n# HELP g X.\ng 1\n')
  })

  test('of a family without series is TYPE, UNIT, HELP, in this order', async () => {
    const family = { ...counterFamily('c_bytes_total', { help: 'One\nline \\ of "help".' }), unit: 'bytes' }
    expect(await text([emptyTable(family, layoutOf(family))])).toBe(
      '# TYPE c_bytes counter\n# UNIT c_bytes bytes\n# HELP c_bytes One\\nline \\\\ of \\"help\\".\n# EOF\n',
    )
  })

  test.each<[string, FamilyDescriptor]>([
    ['that the name does not end in', gaugeFamily('bytes_sent', 'max')],
    ['of an info', info('bytes')],
    ['of a stateset', { ...stateset('count'), mode: 'all' } as FamilyDescriptor],
  ])('omits a unit %s', async (_, family) => {
    const measured = { ...family, unit: 'bytes' } as FamilyDescriptor
    expect(await text([emptyTable(measured, layoutOf(measured))])).not.toContain('UNIT')
  })

  test.each([
    ['jobs_total', 'jobs'],
    ['jobs', 'jobs'],
    ['_total', '_total'],
  ])('shows the counter %s as the family %s, its value as _total', async (name, family) => {
    const all = await text(await tablesOf([counterFamily(name, { labelNames: ['a'] }), ['x'], [3]]))
    expect(all).toBe(
      `# TYPE ${family} counter\n# HELP ${family} X.\n${family}_total{a="x"} 3\n${family}_created{a="x"} 100\n# EOF\n`,
    )
  })

  test('spells bounds as Go does, and values as they are', async () => {
    const family = histogramFamily('h', [1e-5, 0.5, 1, 1e5, 1e6], { labelNames: ['a'] })
    expect(await samples([family, ['x'], [0, 1e7, 0, 2, 3, 4, 0, 1e6]])).toEqual([
      'h_bucket{a="x",le="1e-05"} 0',
      'h_bucket{a="x",le="0.5"} 2',
      'h_bucket{a="x",le="1.0"} 5',
      'h_bucket{a="x",le="100000.0"} 9',
      'h_bucket{a="x",le="1e+06"} 9',
      'h_bucket{a="x",le="+Inf"} 1000009',
      'h_sum{a="x"} 10000000',
      'h_count{a="x"} 1000009',
      'h_created{a="x"} 100',
    ])
  })

  test('shows neither sum nor count of a histogram with a bound below 0', async () => {
    expect(await samples([histogramFamily('h', [-1, 1]), [], [0, -7, 1, 2, 3]])).toEqual([
      'h_bucket{le="-1.0"} 1',
      'h_bucket{le="1.0"} 3',
      'h_bucket{le="+Inf"} 6',
      'h_created 100',
    ])
  })

  test('shows a summary with its quantiles in front, or without any', async () => {
    expect(await samples([summary([]), [], [0, 7.5, 3]])).toEqual(['s_sum 7.5', 's_count 3', 's_created 100'])
    const slots = new Array<number>(layoutOf(summary([0.5, 1])).width).fill(0)
    expect(await samples([summary([0.5, 1]), [], slots])).toEqual([
      's{quantile="0.5"} NaN',
      's{quantile="1.0"} NaN',
      's_sum 0',
      's_count 0',
      's_created 100',
    ])
  })

  test.each(['build', 'build_info'])('shows the info %s with one _info', async (name) => {
    expect(await text(await tablesOf([info(name), ['1'], [1]]))).toBe(
      '# TYPE build info\n# HELP build I.\nbuild_info{v="1"} 1\n# EOF\n',
    )
  })

  test('shows every state of a stateset; how many are in each as a gauge', async () => {
    const slots = [0, 1, 10, 0, 1]
    const lines = ['state{a="x",state="up"} 0', 'state{a="x",state="do\\"wn"} 1', '# EOF', '']
    const shown = async (mode: 'mostrecent' | 'count') => text(await tablesOf([stateset(mode), ['x'], slots]))
    expect((await shown('mostrecent')).split('\n')).toEqual(['# TYPE state stateset', '# HELP state S.', ...lines])
    expect((await shown('count')).split('\n')).toEqual(['# TYPE state gauge', '# HELP state S.', ...lines])
  })

  test('shows when a series began again', async () => {
    const family = counterFamily('c')
    const writer = new TestWriter(1)
    const merger = new Merger()
    const formatter = openMetricsFormatter()
    const at = writer.open(family, [], [1])
    const scrape = async () => text((await merger.merge([writer], noPause)).tables, formatter)
    expect(await scrape()).toContain('c_created 100\n')
    writer.remove(family, [], at)
    writer.log.append(opened, 0, at, '[]', 12_345.5)
    expect(await scrape()).toContain('c_created 12345.5\n')
  })

  test('shows without its type a family whose name another one has', async () => {
    const families = await tablesOf(
      [gaugeFamily('jobs', 'max'), [], [2, 1, Number.NaN, 0, 0]],
      [counterFamily('jobs_total'), [], [3]],
      [info('jobs_info'), ['1'], [1]],
    )
    const given: Family[] = [
      { name: 'jobs_created_total', help: 'C.', type: 'counter', samples: [] },
      {
        name: 'jobs_created',
        help: 'G.',
        type: 'gauge',
        samples: [{ name: 'jobs_created', labels: {}, value: 1 }],
      },
    ]
    expect((await text([...families, ...given])).split('\n').filter((line) => !line.startsWith('# HELP'))).toEqual([
      '# TYPE jobs gauge',
      'jobs 1',
      '# TYPE jobs_created gauge',
      'jobs_created 1',
      '# TYPE jobs_created_total unknown',
      '# TYPE jobs_info unknown',
      'jobs_info{v="1"} 1',
      '# TYPE jobs_total unknown',
      'jobs_total 3',
      '# EOF',
      '',
    ])
  })

  test('puts default labels on every sample, and none that the type writes itself', async () => {
    const formatter = openMetricsFormatter({ z: '"', le: 'mine' })
    const tables = await tablesOf([counterFamily('c', { labelNames: ['a'] }), ['x'], [1]])
    expect(await text(tables, formatter)).toContain(
      'c_total{a="x",z="\\"",le="mine"} 1\nc_created{a="x",z="\\"",le="mine"} 100\n',
    )
    const histogram = await tablesOf([histogramFamily('h', []), [], [0, 0, 0]])
    expect(await text(histogram, formatter)).toContain('h_bucket{z="\\"",le="+Inf"} 0\nh_sum{z="\\""} 0\n')
  })

  test('is the same when the work is cut into slices', async () => {
    const family = counterFamily('c', { labelNames: ['a'] })
    const tables = await tablesOf(...Array.from({ length: 1000 }, (_, i): Opened => [family, [`${i}`], [i]]))
    const pause = restless()
    const chunks = await openMetricsFormatter().format(tables, pause)
    expect(Buffer.concat(chunks).toString()).toBe(await text(tables))
    expect(pause.rests).toBeGreaterThan(3)
  })
})

describe('exemplars', () => {
  async function withExemplars(family: FamilyDescriptor, slots: number[], ...placed: [number, Exemplar][]) {
    const writer = new TestWriter(1)
    const slot = writer.open(family, [], slots)
    const exemplars = placed.map(([bucket, exemplar]) => ({ slot, bucket, exemplar }))
    const writers = [Object.assign(writer, { exemplars: () => exemplars })]
    const merger = new Merger()
    const { tables } = await merger.merge(writers, noPause)
    merger.placeExemplars(writers)
    return tables
  }

  const exemplar = { labels: { trace_id: 'abc' }, value: 0.5, timestamp: 1732160000.123 }

  test('follow the total of a counter, and not its creation time', async () => {
    expect(await text(await withExemplars(counterFamily('c'), [3], [0, exemplar]))).toContain(
      'c_total 3 # {trace_id="abc"} 0.5 1732160000.123\nc_created 100\n# EOF\n',
    )
  })

  test('follow the buckets that they belong to, and nothing else', async () => {
    const family = histogramFamily('h', [1, 10])
    const slots = [0, 105.5, 1, 1, 1]
    const late = { labels: {}, value: 100 }
    const families = await withExemplars(family, slots, [0, exemplar], [2, late], [3, late], [4, late])
    expect((await text(families)).split('\n').slice(2, -2)).toEqual([
      'h_bucket{le="1.0"} 1 # {trace_id="abc"} 0.5 1732160000.123',
      'h_bucket{le="10.0"} 2',
      'h_bucket{le="+Inf"} 3 # {} 100',
      'h_sum 105.5',
      'h_count 3',
      'h_created 100',
    ])
  })

  test('are not shown of a gauge', async () => {
    const families = await withExemplars(gaugeFamily('g', 'max'), [2, 1, Number.NaN, 0, 0], [0, exemplar])
    expect(await text(families)).not.toContain('abc')
  })

  test('that are too long are omitted, their sample stays', async () => {
    const long = { labels: { trace_id: '💥'.repeat(121) }, value: 1 }
    expect(await text(await withExemplars(counterFamily('c'), [3], [0, long]))).toContain('c_total 3\n')
  })

  test.skipIf(!hasStrictParser)('are what the strict parser reads', async () => {
    // No braces: this parser ends at the first one that closes.
    const odd = { labels: { trace_id: '"\\\n# 💥', b: '' }, value: -1e-7, timestamp: 1e9 }
    const full = { labels: { trace_id: '💥'.repeat(120) }, value: 5 }
    const counter = await withExemplars(counterFamily('c'), [3], [0, odd])
    const histogram = await withExemplars(histogramFamily('h', [1, 10]), [0, 5, 0, 1, 0], [1, full])
    const [one, two] = parsedStrictly(await text([...counter, ...histogram]))
    expect(one!.samples[0]).toMatchObject({ name: 'c_total', exemplar: { labels: odd.labels, timestamp: 1e9 } })
    expect(two!.samples.map((sample) => sample.exemplar)).toEqual([
      null,
      { labels: full.labels, value: '5', timestamp: null },
      ...[null, null, null, null],
    ])
  })
})
