import { describe, expect, test } from 'vitest'
import { Merger } from '../../../src/gather/merge.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { emptyTable, type Family } from '../../../src/model/family.js'
import { layoutOf } from '../../../src/model/layout/layout-of.js'
import { textFormatter } from '../../helpers/formatters.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause, restless, TestWriter } from '../../helpers/writers.js'

async function text(families: readonly Family[], formatter = textFormatter(), pause = noPause): Promise<string> {
  return Buffer.concat(await formatter.format(families, pause)).toString()
}

async function tablesOf(...opened: [FamilyDescriptor, (string | null)[], number[]][]): Promise<readonly Family[]> {
  const writer = new TestWriter(1)
  for (const series of opened) writer.open(...series)
  return (await new Merger().merge([writer], noPause)).tables
}

describe('text format 0.0.4', () => {
  test('of no family is empty', async () => {
    expect(await text([])).toBe('')
  })

  test('of a family without series is HELP and TYPE', async () => {
    const family = counterFamily('c', { help: 'One\nline \\ of "help".' })
    expect(await text([emptyTable(family, layoutOf(family))])).toBe(
      '# HELP c One\\nline \\\\ of "help".\n# TYPE c counter\n',
    )
  })

  test('sorts families by name', async () => {
    const tables = await tablesOf([counterFamily('b'), [], [2]], [counterFamily('a'), [], [1]])
    expect(await text(tables)).toBe('# HELP a X.\n# TYPE a counter\na 1\n# HELP b X.\n# TYPE b counter\nb 2\n')
  })

  test('writes label names in order, absent labels not at all, and escapes values', async () => {
    const family = counterFamily('c', { labelNames: ['a', 'b'] })
    const tables = await tablesOf(
      [family, ['1', null], [1]],
      [family, [null, '2'], [2]],
      [family, [null, null], [3]],
      [family, ['"', '\\\n'], [4]],
      [family, ['', ''], [5]],
    )
    expect((await text(tables)).split('\n').slice(2, -1)).toEqual([
      'c{a="",b=""} 5',
      'c{a="1"} 1',
      'c{a="\\"",b="\\\\\\n"} 4',
      'c{b="2"} 2',
      'c 3',
    ])
  })

  test('writes a histogram as cumulative buckets, le last, then sum and count', async () => {
    const family = histogramFamily('h', [0.5, 1, 2.5e10], { labelNames: ['a'] })
    const tables = await tablesOf([family, ['x'], [0, 7.25, 1, 2, 3, 4]])
    expect((await text(tables)).split('\n').slice(1, -1)).toEqual([
      '# TYPE h histogram',
      'h_bucket{a="x",le="0.5"} 1',
      'h_bucket{a="x",le="1"} 3',
      'h_bucket{a="x",le="25000000000"} 6',
      'h_bucket{a="x",le="+Inf"} 10',
      'h_sum{a="x"} 7.25',
      'h_count{a="x"} 10',
    ])
  })

  test('omits a gauge that has no value', async () => {
    const family = gaugeFamily('g', 'mostrecent', { labelNames: ['a'] })
    const tables = await tablesOf([family, ['unset'], [0, 0, 0, 0]], [family, ['x'], [2, 1, 10, -0.5]])
    expect((await text(tables)).split('\n').slice(2, -1)).toEqual(['g{a="x"} -0.5'])
  })

  test('writes letters of every length, and label values of every size', async () => {
    const family = counterFamily('c', { labelNames: ['a'] })
    const values = ['ä', '✓', '💥', 'x'.repeat(300_000), '💥'.repeat(50_000)]
    const tables = await tablesOf(
      ...values.map((value): [FamilyDescriptor, string[], number[]] => [family, [value], [1]]),
    )
    const lines = (await text(tables)).split('\n').slice(2, -1)
    expect(lines.sort()).toEqual(values.map((value) => `c{a="${value}"} 1`).sort())
  })

  test('writes the kept text of a series with its new value, and later series', async () => {
    const family = counterFamily('c', { labelNames: ['a'] })
    const writer = new TestWriter(1)
    const merger = new Merger()
    const formatter = textFormatter()
    const scrape = async () => text((await merger.merge([writer], noPause)).tables, formatter)
    writer.open(family, ['m'], [1])
    await scrape()
    writer.values[0] = 123_456
    writer.open(family, ['a'], [2])
    expect((await scrape()).split('\n').slice(2, -1)).toEqual(['c{a="a"} 2', 'c{a="m"} 123456'])
  })

  test('shows the help that a newer process brings', async () => {
    const [older, newer] = [new TestWriter(1, 1_700_000_000), new TestWriter(2, 1_700_000_060)]
    const merger = new Merger()
    const formatter = textFormatter()
    older.open(counterFamily('c', { help: 'Old.' }), [], [1])
    expect(await text((await merger.merge([older], noPause)).tables, formatter)).toContain('# HELP c Old.\n')
    newer.open(counterFamily('c', { help: 'New.' }), [], [1])
    expect(await text((await merger.merge([older, newer], noPause)).tables, formatter)).toContain('# HELP c New.\n')
  })

  test('is the same when the work is cut into slices', async () => {
    const family = counterFamily('c', { labelNames: ['a'] })
    const series = Array.from({ length: 1000 }, (_, i): [FamilyDescriptor, string[], number[]] => [
      family,
      [`${i}`],
      [i],
    ])
    const tables = await tablesOf(...series)
    const pause = restless()
    expect(await text(tables, textFormatter(), pause)).toBe(await text(tables))
    expect(pause.rests).toBeGreaterThan(3)
  })
})

describe('default labels', () => {
  test('follow the labels of a series, unless it has its own', async () => {
    const family = counterFamily('c', { labelNames: ['a', 'b'] })
    const tables = await tablesOf([family, ['1', '2'], [1]], [family, ['1', null], [2]])
    const formatter = textFormatter({ b: 'default', z: '"' })
    expect((await text(tables, formatter)).split('\n').slice(2, -1)).toEqual([
      'c{a="1",b="2",z="\\""} 1',
      'c{a="1",b="default",z="\\""} 2',
    ])
  })

  test('precede le', async () => {
    const tables = await tablesOf([histogramFamily('h', []), [], [0, 0, 0]])
    expect(await text(tables, textFormatter({ z: '1' }))).toContain('h_bucket{z="1",le="+Inf"} 0\nh_sum{z="1"} 0\n')
  })
})

test("a plug-in's family of unknown type is untyped", async () => {
  const samples = [{ name: 'p', labels: {}, value: Number.NaN }]
  expect(await text([{ name: 'p', help: 'P.', type: 'unknown', samples }])).toBe(
    '# HELP p P.\n# TYPE p untyped\np NaN\n',
  )
})
