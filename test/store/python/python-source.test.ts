import { mkdirSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { PythonSource } from '../../../src/store/python/python-source.js'
import { Reader } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { type PythonLayout, WrittenFile } from '../../helpers/python/written-file.js'

const layouts: readonly PythonLayout[] = ['since 0.18', '0.16', '0.5', '0.3']

function prepared(stage: Stage): { readonly directory: string; readonly reader: Reader } {
  const directory = stage.directory()
  mkdirSync(directory)
  return { directory, reader: new Reader(new PythonSource(directory)) }
}

/** A pid that no process has. */
const [one, two] = ['4000001', '4000002']

describe.each(layouts)('files of the layout of %s', (layout) => {
  test('show counters, gauges, histograms and summaries of two processes', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    for (const [process, factor] of [
      [one, 1],
      [two, 10],
    ] as const) {
      new WrittenFile(layout)
        .add({ metric: 'jobs', sample: 'jobs_total', labels: { b: 'ü "x" \\ \n', a: '' }, value: 3 * factor })
        .add({ metric: 'jobs', sample: 'jobs_total', labels: { b: '2', a: '1' }, value: 4 * factor })
        .add({ metric: 'plain', sample: 'plain_total', value: 0.5 * factor })
        .write(directory, `counter_${process}.db`)
      new WrittenFile(layout)
        .addHistogram('seconds', 1.5 * factor, { 0.1: 1, '1.0': 2, '1e+06': 0, '+Inf': factor }, { path: '/' })
        .write(directory, `histogram_${process}.db`)
      new WrittenFile(layout)
        .add({ metric: 'waits', sample: 'waits_count', value: 2 * factor })
        .add({ metric: 'waits', sample: 'waits_sum', value: 0.25 * factor })
        .write(directory, `summary_${process}.db`)
      for (const mode of ['all', 'min', 'max', 'sum']) {
        new WrittenFile(layout)
          .add({ metric: `level_${mode}`, labels: { a: 'x' }, value: factor })
          .write(directory, `gauge_${mode}_${process}.db`)
      }
    }
    const { scrape, errors } = await reader.read()
    expect(errors).toEqual([])
    expect(Object.fromEntries(scrape.samples)).toEqual({
      'jobs_total{b="ü \\"x\\" \\\\ \\n"}': 33,
      'jobs_total{a="1",b="2"}': 44,
      plain_total: 5.5,
      'seconds_bucket{path="/",le="0.1"}': 2,
      'seconds_bucket{path="/",le="1.0"}': 6,
      'seconds_bucket{path="/",le="1e+06"}': 6,
      'seconds_bucket{path="/",le="+Inf"}': 17,
      'seconds_sum{path="/"}': 16.5,
      'seconds_count{path="/"}': 17,
      waits_count: 22,
      waits_sum: 2.75,
      [`level_all{a="x",pid="${one}"}`]: 1,
      [`level_all{a="x",pid="${two}"}`]: 10,
      'level_min{a="x"}': 1,
      'level_max{a="x"}': 10,
      'level_sum{a="x"}': 11,
    })
    const help = layout === '0.16' || layout === 'since 0.18' ? 'jobs.' : 'Multiprocess metric'
    expect(scrape.text).toContain(`# HELP jobs_total ${help}\n# TYPE jobs_total counter\n`)
  })

  test('are followed while they grow, beyond the space that they had', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const file = new WrittenFile(layout)
    file.write(directory, `counter_${one}.db`)
    expect((await reader.read()).scrape.samples.size).toBe(0)
    for (let series = 0; series < 3000; ) {
      for (const until = series + 1000; series < until; series++) {
        file.add({ metric: 'jobs', sample: 'jobs_total', labels: { series: String(series) }, value: series })
      }
      file.write(directory, `counter_${one}.db`)
      const { scrape, errors } = await reader.read()
      expect(errors).toEqual([])
      expect(scrape.samples.size).toBe(series)
      expect(scrape.total('jobs_total')).toBe((series * (series - 1)) / 2)
    }
  })
})

describe('gauges that show what was set last', () => {
  test('are those with the latest time; a value without a time was never set', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const level = (name: string, value: number, time: number) => ({ metric: name, value, time })
    new WrittenFile().add(level('last', 1, 200.5), level('never', 5, 0)).write(directory, `gauge_mostrecent_${one}.db`)
    new WrittenFile().add(level('last', 2, 100.25), level('never', 6, 0)).write(directory, `gauge_mostrecent_${two}.db`)
    const { scrape } = await reader.read()
    expect(Object.fromEntries(scrape.samples)).toEqual({ last: 1 })
    new WrittenFile().add(level('last', 3, 201), level('never', 6, 0)).write(directory, `gauge_mostrecent_${two}.db`)
    expect((await reader.scrape()).value('last')).toBe(3)
  })

  test('show nothing in a layout without times', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile('0.16').add({ metric: 'last', value: 1 }).write(directory, `gauge_mostrecent_${one}.db`)
    expect((await reader.scrape()).samples.size).toBe(0)
  })
})

describe('series that are not complete', () => {
  test('appear once their last value is there', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const file = new WrittenFile()
      .add({ metric: 'seconds', sample: 'seconds_sum', value: 0 })
      .add({ metric: 'seconds', sample: 'seconds_bucket', labels: { le: '1.0' }, value: 0 })
    file.write(directory, `histogram_${one}.db`)
    expect((await reader.scrape()).samples.size).toBe(0)
    file.add({ metric: 'seconds', sample: 'seconds_bucket', labels: { le: '2.0' }, value: 4 })
    file.write(directory, `histogram_${one}.db`)
    expect((await reader.scrape()).samples.size).toBe(0)
    file.add({ metric: 'seconds', sample: 'seconds_bucket', labels: { le: '+Inf' }, value: 1 })
    file.write(directory, `histogram_${one}.db`)
    const { scrape, errors } = await reader.read()
    expect(errors).toEqual([])
    expect(scrape.labelled('seconds_bucket')).toEqual({ 'le="1.0"': 0, 'le="2.0"': 4, 'le="+Inf"': 5 })
  })
})

describe('processes of two versions', () => {
  test('show series with different labels side by side', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const jobs = (labels: Record<string, string>, value: number) => ({
      metric: 'jobs',
      sample: 'jobs_total',
      labels,
      value,
    })
    new WrittenFile().add(jobs({ a: '1' }, 1)).write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'a="1"': 1 })
    new WrittenFile().add(jobs({ a: '1', b: '2' }, 2), jobs({ c: '3' }, 4)).write(directory, `counter_${two}.db`)
    const { scrape, errors } = await reader.read()
    expect(errors).toEqual([])
    expect(scrape.labelled('jobs_total')).toEqual({ 'a="1"': 1, 'a="1",b="2"': 2, 'c="3"': 4 })
  })

  test('show the common buckets of histograms, which Python adds up to wrong counts', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile()
      .addHistogram('seconds', 1, { '1.0': 1, '2.0': 1, '+Inf': 1 })
      .write(directory, `histogram_${one}.db`)
    new WrittenFile()
      .addHistogram('seconds', 2, { '2.0': 10, '3.0': 1, '+Inf': 1 })
      .write(directory, `histogram_${two}.db`)
    const { scrape, errors } = await reader.read()
    expect(scrape.labelled('seconds_bucket')).toEqual({ 'le="2.0"': 12, 'le="+Inf"': 15 })
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['FAMILY_CONFLICT', expect.stringContaining('their common buckets are shown')],
    ])
  })

  test('add up a series whose help text changed within one file', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const jobs = (help: string, value: number) => ({ metric: 'jobs', sample: 'jobs_total', help, value })
    new WrittenFile().add(jobs('Old.', 1), jobs('New.', 2)).write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).value('jobs_total')).toBe(3)
  })

  test('show a histogram with all the buckets that one process had', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile()
      .addHistogram('seconds', 1, { '1.0': 1, '+Inf': 1 }, { path: '/a' })
      .addHistogram('seconds', 1, { '1.0': 1, '2.0': 5, '+Inf': 1 }, { path: '/b' })
      .write(directory, `histogram_${one}.db`)
    const { scrape, errors } = await reader.read()
    expect(errors).toEqual([])
    expect(scrape.value('seconds_bucket{path="/a",le="2.0"}')).toBe(1)
    expect(scrape.value('seconds_bucket{path="/b",le="2.0"}')).toBe(6)
    expect(scrape.value('seconds_count{path="/b"}')).toBe(7)
  })
})

describe('a file of the same name', () => {
  const jobs = (kind: string, value: number) => ({ metric: 'jobs', sample: 'jobs_total', labels: { kind }, value })

  test('is another one after a restart, even with the same inode and size', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile().add(jobs('a', 1), jobs('b', 2)).write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'kind="a"': 1, 'kind="b"': 2 })
    // The same length, in another order.
    new WrittenFile().add(jobs('b', 20), jobs('a', 10)).write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'kind="a"': 10, 'kind="b"': 20 })
    new WrittenFile().add(jobs('c', 5)).write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'kind="c"': 5 })
  })

  test('replaces the former one, whose last values are not shown again', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile().add(jobs('a', 1)).write(directory, `counter_${one}.db`)
    await reader.scrape()
    writeFileSync(join(directory, 'next'), 'no entries')
    renameSync(join(directory, 'next'), join(directory, `counter_${one}.db`))
    const { scrape, errors } = await reader.read()
    expect(scrape.samples.size).toBe(0)
    expect(errors[0]?.message).toContain('it is not shown')
  })

  test('is gone with its values when it is removed', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile().add(jobs('a', 1)).write(directory, `counter_${one}.db`)
    new WrittenFile().add(jobs('a', 10)).write(directory, `counter_${two}.db`)
    expect((await reader.scrape()).total('jobs_total')).toBe(11)
    unlinkSync(join(directory, `counter_${one}.db`))
    const { scrape, errors } = await reader.read()
    expect([scrape.total('jobs_total'), errors]).toEqual([10, []])
  })
})

describe('keys that other files have', () => {
  const jobs = (kind: string, value: number) => ({ metric: 'jobs', sample: 'jobs_total', labels: { kind }, value })
  const buckets = (count: number) => ({ '1.0': count, '2.0': 2 * count, '+Inf': 3 * count })

  test('are parsed once, also for the files of later processes', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const write = (process: string, order: readonly string[]): void => {
      new WrittenFile().add(...order.map((kind) => jobs(kind, 1))).write(directory, `counter_${process}.db`)
      const file = new WrittenFile()
      for (const path of order) file.addHistogram('seconds', 1, buckets(1), { path })
      file.write(directory, `histogram_${process}.db`)
    }
    write('1', ['a', 'b', 'c'])
    await reader.scrape()
    const parse = vi.spyOn(JSON, 'parse')
    write('2', ['c', 'a', 'b'])
    rmSync(join(directory, 'counter_1.db'))
    rmSync(join(directory, 'histogram_1.db'))
    const { scrape } = await reader.read()
    const parsed = parse.mock.calls.filter(([text]) => text.startsWith('["'))
    parse.mockRestore()
    expect(parsed.filter(([text]) => text.includes('jobs') || text.includes('seconds'))).toEqual([])
    expect(scrape.labelled('jobs_total')).toEqual({ 'kind="a"': 1, 'kind="b"': 1, 'kind="c"': 1 })
    expect(scrape.value('seconds_bucket{path="c",le="2.0"}')).toBe(3)
  })

  test('are not taken for those that differ at their end only', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const long = 'x'.repeat(3000)
    new WrittenFile().add(jobs(`${long}1`, 1), jobs(`${long}2`, 2)).write(directory, `counter_${one}.db`)
    new WrittenFile().add(jobs(`${long}1`, 10), jobs(`${long}3`, 30)).write(directory, `counter_${two}.db`)
    expect((await reader.scrape()).labelled('jobs_total')).toEqual({
      [`kind="${long}1"`]: 11,
      [`kind="${long}2"`]: 2,
      [`kind="${long}3"`]: 30,
    })
  })

  test('are not read beyond the bytes in use, where the file before had them', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const whole = new WrittenFile()
      .addHistogram('seconds', 1, buckets(1), { path: 'a' })
      .addHistogram('seconds', 1, buckets(1), { path: 'b' })
      .add(jobs('none', 0))
    whole.write(directory, `histogram_${one}.db`)
    await reader.scrape()
    const bytes = whole.bytes()
    for (let used = bytes.readInt32LE(0) - 8; used > 8; used -= 8) {
      const cut = Buffer.from(bytes)
      cut.writeInt32LE(used, 0)
      writeFileSync(join(directory, `histogram_${two}.db`), cut)
      const { scrape } = await reader.read()
      // Either the second file has the whole histogram, or nothing of it is shown.
      for (const path of ['a', 'b']) {
        const sum = scrape.value(`seconds_sum{path="${path}"}`)!
        expect([1, 2]).toContain(sum)
        expect(scrape.value(`seconds_count{path="${path}"}`)).toBe(sum * 6)
      }
      if (used < bytes.readInt32LE(0) / 2) expect(scrape.value('seconds_sum{path="b"}')).toBe(1)
    }
  })

  test('are those of several series whose values are added in turns', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const value = (path: string, part: string, number: number, labels = {}) => ({
      metric: 'seconds',
      sample: `seconds_${part}`,
      labels: { path, ...labels },
      value: number,
    })
    new WrittenFile()
      .addHistogram('seconds', 1, buckets(1), { path: 'a' })
      .addHistogram('seconds', 1, buckets(1), { path: 'b' })
      .write(directory, `histogram_${one}.db`)
    // Two threads of one process.
    new WrittenFile()
      .add(value('a', 'sum', 10), value('b', 'sum', 20))
      .add(value('b', 'bucket', 1, { le: '1.0' }), value('a', 'bucket', 1, { le: '1.0' }))
      .add(value('a', 'bucket', 1, { le: '2.0' }), value('a', 'bucket', 1, { le: '+Inf' }))
      .add(value('b', 'bucket', 1, { le: '2.0' }))
      .write(directory, `histogram_${two}.db`)
    const { scrape } = await reader.read()
    expect(scrape.labelled('seconds_sum')).toEqual({ 'path="a"': 11, 'path="b"': 1 })
    expect(scrape.labelled('seconds_count')).toEqual({ 'path="a"': 9, 'path="b"': 6 })
  })

  test('belong to the same series in files with other buckets', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    for (const process of ['4000001', '4000002', '4000003', '4000004']) {
      const file = new WrittenFile().addHistogram('seconds', 1, buckets(1), { path: 'a' })
      if (process === '4000003') file.addHistogram('seconds', 1, { '1.0': 5, '+Inf': 5 }, { path: 'b' })
      if (process === '4000004') file.addHistogram('seconds', 1, { '4.0': 5, '+Inf': 5 }, { path: 'b' })
      file.write(directory, `histogram_${process}.db`)
    }
    const { scrape } = await reader.read()
    expect(scrape.labelled('seconds_bucket')).toEqual({
      'path="a",le="1.0"': 4,
      'path="a",le="2.0"': 12,
      'path="a",le="+Inf"': 24,
      'path="b",le="1.0"': 5,
      'path="b",le="2.0"': 5,
      'path="b",le="+Inf"': 20,
    })
  })
})

describe('a damaged file', () => {
  const good = new WrittenFile().add({ metric: 'jobs', sample: 'jobs_total', value: 7 })
  const others = new WrittenFile().add({ metric: 'jobs', sample: 'jobs_total', value: 100 })
  const whole = good.bytes()
  const used = whole.readInt32LE(0)

  const damages: readonly [what: string, bytes: Buffer, reason: string][] = [
    ['with random bytes', Buffer.from('this is not a file of the client'.repeat(10)), 'beyond_end'],
    ['that is shorter than its head states', whole.subarray(0, used - 4), 'beyond_end'],
    ['that ends inside its head', whole.subarray(0, 5), 'too_short'],
    ['with a key that leads beyond the end', overwritten(whole, 8, 200), 'corrupt'],
    ['with a negative length of a key', overwritten(whole, 8, -1), 'corrupt'],
    ['with junk instead of a key', overwritten(whole, 12, 0x01010101), 'corrupt'],
    ['with a negative number of used bytes', overwritten(whole, 0, -8), 'beyond_end'],
    ['of a machine with the other byte order', swapped(whole), 'byte_order'],
    ['whose head is empty', overwritten(whole, 0, 0), 'too_short'],
  ]

  test.for(damages)('%s is reported, and its last good values are shown', async ([, bytes, reason], { stage }) => {
    const { directory, reader } = prepared(stage)
    others.write(directory, `counter_${two}.db`)
    good.write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).value('jobs_total')).toBe(107)
    writeFileSync(join(directory, `counter_${one}.db`), bytes)
    for (let scrape = 1; scrape <= 2; scrape++) {
      const reading = await reader.read()
      expect(reading.scrape.value('jobs_total')).toBe(107)
      expect(reading.errors.map(({ code, reason }) => [code, reason])).toEqual([['FILE_UNREADABLE', reason]])
      expect(reading.errors[0]!.message).toContain(`counter_${one}.db`)
    }
    good.write(directory, `counter_${one}.db`)
    const { scrape, errors } = await reader.read()
    expect([scrape.value('jobs_total'), errors]).toEqual([107, []])
  })

  test('that was never read is not shown, and the other files are', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    others.write(directory, `counter_${two}.db`)
    for (const [i, [, bytes]] of damages.slice(0, -1).entries())
      writeFileSync(join(directory, `counter_9${i}.db`), bytes)
    const { scrape, errors } = await reader.read()
    expect(scrape.value('jobs_total')).toBe(100)
    expect(errors).toHaveLength(damages.length - 1)
  })

  test('that is empty is expected once: its process is about to write', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    writeFileSync(join(directory, `counter_${one}.db`), '')
    expect((await reader.read()).errors).toEqual([])
    expect((await reader.read()).errors.map(({ reason }) => reason)).toEqual(['too_short'])
    truncateSync(join(directory, `counter_${one}.db`), 65_536)
    expect((await reader.read()).errors).toEqual([])
    good.write(directory, `counter_${one}.db`)
    expect((await reader.scrape()).value('jobs_total')).toBe(7)
  })

  test('shows its values with the keys of metrics, and reports the others', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    new WrittenFile()
      .add({ metric: 'jobs', sample: 'jobs_total', value: 7 })
      .addKey('["a metric"]', 1)
      .addKey('[not json]', 1)
      .addKey('["with.dots", "with.dots", {}, ""]', 1)
      .addKey('["x", "x", {"a.b": "1"}, ""]', 1)
      .add({ metric: 'more', sample: 'more_total', value: 8 })
      .write(directory, `counter_${one}.db`)
    const { scrape, errors } = await reader.read()
    expect(Object.fromEntries(scrape.samples)).toEqual({ jobs_total: 7, more_total: 8 })
    expect(errors.map(({ code, reason }) => [code, reason])).toEqual([['FILE_UNREADABLE', 'unknown_key']])
    expect(errors[0]!.message).toContain('4 values')
  })

  test('is not a regular file', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    mkdirSync(join(directory, `counter_${one}.db`))
    expect((await reader.read()).errors.map(({ reason }) => reason)).toEqual(['not_a_file'])
  })
})

describe('other files *.db', () => {
  test('are counted, and neither read nor reported', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    const sqlite = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4096)])
    for (const name of ['celery.db', 'counter_12.db', 'untyped_12.db', 'gauge_other_12.db']) {
      writeFileSync(join(directory, name), sqlite)
    }
    new WrittenFile().add({ metric: 'jobs', sample: 'jobs_total', value: 7 }).write(directory, `counter_${one}.db`)
    const { scrape, errors, selfFamilies } = await reader.read()
    expect([scrape.value('jobs_total'), errors]).toEqual([7, []])
    const values = selfFamilies.flatMap(({ samples }) => samples).map(({ name, value }) => [name, value])
    expect(values).toContainEqual(['promhive_foreign_files', 4])
  })

  test('make no self-metrics where there are none', async ({ stage }) => {
    const { directory, reader } = prepared(stage)
    writeFileSync(join(directory, '0001.values'), '')
    expect((await reader.read()).selfFamilies).toEqual([])
    rmSync(directory, { recursive: true })
    expect((await reader.read()).writers).toEqual([])
  })
})

function overwritten(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeInt32LE(value, at)
  return copy
}

function swapped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeInt32BE(copy.readInt32LE(0), 0)
  return copy
}
