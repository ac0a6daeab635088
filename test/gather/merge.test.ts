import { describe, expect, test } from 'vitest'
import type { Merged } from '../../src/gather/choose-tables.js'
import { Merger } from '../../src/gather/merge.js'
import { labelValuesOf } from '../../src/model/series-key.js'
import type { WriterSnapshot } from '../../src/store/contract.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause, restless, TestWriter } from '../helpers/writers.js'

/** The merged slots of every series that is shown: `{ 'jobs x': [3] }`. */
function rowsOf({ tables }: Merged): Record<string, number[]> {
  const rows = tables.flatMap((table) =>
    [...table.order]
      .filter((row) => table.layout.present(table.slots, table.bases[row]!))
      .map((row): [string, number[]] => {
        const at = table.bases[row]!
        const id = [table.family.name, ...labelValuesOf(table.keys[row]!)].join(' ')
        return [id, [...table.slots.slice(at, at + table.layout.mergedWidth)]]
      }),
  )
  return Object.fromEntries(rows)
}

async function merged(...writers: WriterSnapshot[]): Promise<Record<string, number[]>> {
  return rowsOf(await new Merger().merge(writers, noPause))
}

const jobs = counterFamily('jobs', { labelNames: ['a'] })
const seconds = histogramFamily('seconds', [1])

describe('many writers in, one set of families out:', () => {
  test('no writers give no families', async () => {
    expect(await merged()).toEqual({})
    expect(await merged(new TestWriter(1))).toEqual({})
  })

  test('a writer that started at the beginning of time counts: fake clocks begin there', async () => {
    for (const startedAt of [0, -1]) {
      const writer = new TestWriter(1, startedAt)
      writer.open(jobs, ['x'], [3])
      expect(await merged(writer)).toEqual({ 'jobs x': [3] })
    }
  })

  test('counters and histograms of all writers are added, dead ones included', async () => {
    const [one, two] = [new TestWriter(1), new TestWriter(2)]
    one.open(jobs, ['x'], [3])
    one.open(seconds, [], [9, 1.5, 1, 1])
    two.open(seconds, [], [4, 0.5, 1, 0])
    two.open(jobs, ['x'], [4])
    two.open(jobs, ['y'], [1])
    two.live = false
    expect(await merged(one, two)).toEqual({ 'jobs x': [7], 'jobs y': [1], seconds: [2, 2, 1] })
  })

  test('a series that is opened while the merge rests is in the next one, also of a new family', async () => {
    const writer = new TestWriter(1)
    for (let i = 0; i < 200; i++) writer.open(jobs, [`${i}`], [1])
    const merger = new Merger()
    const other = counterFamily('other', { labelNames: ['a'] })
    let rests = 0
    const rest = async (): Promise<void> => {
      if (rests++ === 0) writer.open(other, ['new'], [7])
    }
    const first = rowsOf(await merger.merge([writer], { due: () => true, rest }))
    expect(rests).toBeGreaterThan(0)
    expect(Object.keys(first)).toHaveLength(200)
    const second = rowsOf(await merger.merge([writer], noPause))
    expect(second['other new']).toEqual([7])
    expect(Object.keys(second)).toHaveLength(201)
  })

  test('gauges are merged according to their mode', async () => {
    const writers = [1, 2].map((seat) => new TestWriter(seat))
    const sum = gaugeFamily('sum', 'livesum')
    const all = gaugeFamily('all', 'liveall')
    const recent = gaugeFamily('recent', 'mostrecent')
    for (const writer of writers) {
      writer.open(sum, [], [1, 10 * writer.seat])
      writer.open(all, [], [1, 10 * writer.seat])
      writer.open(recent, [], [0, 1, 50 - writer.seat, 10 * writer.seat])
    }
    const dead = new TestWriter(3)
    dead.live = false
    dead.open(sum, [], [1, 1000])
    dead.open(all, [], [1, 1000])
    dead.open(recent, [], [0, 1, 10, 1000])
    expect(await merged(...writers, dead)).toEqual({
      sum: [1, 30],
      'all 1': [1, 10],
      'all 2': [1, 20],
      recent: [49, 10],
    })
  })

  test('the answer does not depend on the order in which series were opened', async () => {
    const [one, two] = [new TestWriter(1), new TestWriter(2)]
    for (const label of ['x', 'y', 'z']) one.open(jobs, [label], [1])
    for (const label of ['z', 'x', 'y']) two.open(jobs, [label], [1])
    const order = async (...writers: TestWriter[]) => {
      const { tables } = await new Merger().merge(writers, noPause)
      return tables.map((table) => [...table.order].map((row) => table.keys[row]))
    }
    expect(await order(one, two)).toEqual(await order(two, one))
  })

  test('cutting the work into slices changes nothing', async () => {
    const writer = new TestWriter(1)
    for (let i = 0; i < 600; i++) writer.open(jobs, [String(i)], [i])
    const pause = restless()
    const sliced = rowsOf(await new Merger().merge([writer], pause))
    expect(pause.rests).toBeGreaterThan(0)
    expect(sliced).toEqual(await merged(writer))
  })

  test('series that are combined one by one are so in slices', async () => {
    const writer = new TestWriter(1)
    const highest = gaugeFamily('highest', 'max', { labelNames: ['a'] })
    for (let i = 0; i < 640; i++) writer.open(highest, [String(i)], [2, 0, Number.NaN, i, Number.NaN])
    const merger = new Merger()
    await merger.merge([writer], noPause)
    // Nothing is left but to add the values: what remains are the rests of that.
    const pause = restless()
    const { tables } = await merger.merge([writer], pause)
    expect(pause.rests).toBeGreaterThanOrEqual(10)
    expect(tables[0]!.order.length).toBe(640)
  })
})

describe('from scrape to scrape', () => {
  test('a log that grew is read from the last position', async () => {
    const merger = new Merger()
    const writer = new TestWriter(1)
    writer.open(jobs, ['x'], [1])
    const first = await merger.merge([writer], noPause)
    const table = first.tables[0]
    writer.values[0] = 5
    writer.open(jobs, ['a'], [2])
    const second = await merger.merge([writer], noPause)
    expect(rowsOf(second)).toEqual({ 'jobs a': [2], 'jobs x': [5] })
    expect(second.tables[0]).toBe(table)
  })

  test('a removed series is gone, and its slots may be another one', async () => {
    const merger = new Merger()
    const writer = new TestWriter(1)
    const at = writer.open(jobs, ['old'], [5])
    await merger.merge([writer], noPause)
    writer.remove(jobs, ['old'], at)
    expect(rowsOf(await merger.merge([writer], noPause))).toEqual({})
    writer.values[at] = 1
    writer.reopen(jobs, ['new'], at)
    expect(rowsOf(await merger.merge([writer], noPause))).toEqual({ 'jobs new': [1] })
  })

  test('the slots of a removed gauge may be two counters', async () => {
    const merger = new Merger()
    const writer = new TestWriter(1)
    const gauge = gaugeFamily('g', 'livesum')
    const at = writer.open(gauge, [], [1, 7])
    await merger.merge([writer], noPause)
    writer.remove(gauge, [], at)
    writer.values.set([4, 2], at)
    writer.reopen(jobs, ['x'], at)
    writer.reopen(jobs, ['y'], at + 1)
    expect(rowsOf(await merger.merge([writer], noPause))).toEqual({ 'jobs x': [4], 'jobs y': [2] })
  })

  test('a series that one writer removed continues with the values of the others', async () => {
    const [one, two] = [new TestWriter(1), new TestWriter(2)]
    const at = one.open(jobs, ['x'], [5])
    two.open(jobs, ['x'], [2])
    one.remove(jobs, ['x'], at)
    expect(await merged(one, two)).toEqual({ 'jobs x': [2] })
  })

  test('a writer with a new log, or that has disappeared, leaves no values', async () => {
    const merger = new Merger()
    const [one, two] = [new TestWriter(1), new TestWriter(2)]
    one.open(jobs, ['x'], [5])
    two.open(jobs, ['y'], [2])
    await merger.merge([one, two], noPause)
    expect(rowsOf(await merger.merge([two], noPause))).toEqual({ 'jobs y': [2] })
    const again = new TestWriter(2)
    again.open(jobs, ['z'], [1])
    expect(rowsOf(await merger.merge([again], noPause))).toEqual({ 'jobs z': [1] })
  })

  test('slots that a reader does not have yet count as 0', async () => {
    const writer = new TestWriter(1)
    writer.open(jobs, ['x'], [5])
    writer.open(jobs, ['y'], [6])
    writer.open(gaugeFamily('g', 'livesum'), [], [1, 7])
    writer.values = writer.values.slice(0, 1)
    expect(await merged(writer)).toEqual({ 'jobs x': [5], 'jobs y': [0] })
  })
})

describe('of two definitions of one name', () => {
  const other = counterFamily('jobs', { labelNames: ['b'] })

  function definedTwice() {
    const [older, newer] = [new TestWriter(1, 1_700_000_000), new TestWriter(2, 1_700_000_060)]
    older.open(jobs, ['x'], [1])
    newer.open(other, ['y'], [2])
    return { older, newer }
  }

  test('the newer definition is shown, in any order of reading, and the fault is reported', async () => {
    const { older, newer } = definedTwice()
    for (const writers of [
      [older, newer],
      [newer, older],
    ]) {
      const answer = await new Merger().merge(writers, noPause)
      expect(rowsOf(answer)).toEqual({ 'jobs y': [2] })
      expect(answer.errors).toMatchObject([
        { code: 'FAMILY_CONFLICT', message: expect.stringMatching(/^jobs is defined twice .+label names/) },
      ])
    }
  })

  test('the definition of a living process takes precedence over that of a dead one', async () => {
    const { older, newer } = definedTwice()
    newer.live = false
    expect(await merged(older, newer)).toEqual({ 'jobs x': [1] })
  })

  test('one that has series is shown before one that has none, without a fault', async () => {
    const { older, newer } = definedTwice()
    newer.remove(other, ['y'], 0)
    const answer = await new Merger().merge([older, newer], noPause)
    expect(rowsOf(answer)).toEqual({ 'jobs x': [1] })
    expect(answer.errors).toEqual([])
  })

  test('the one that a process made last is shown', async () => {
    const writer = new TestWriter(1)
    writer.open(jobs, ['x'], [1])
    writer.open(other, ['y'], [2])
    expect(await merged(writer)).toEqual({ 'jobs y': [2] })
  })

  test('in two registries both are shown', async () => {
    const writer = new TestWriter(1)
    writer.open(jobs, ['x'], [1])
    writer.open(counterFamily('jobs', { labelNames: ['b'], registry: 'other' }), ['y'], [2])
    const { tables, errors } = await new Merger().merge([writer], noPause)
    expect(tables.map(({ family }) => family.registry)).toEqual(['default', 'other'])
    expect(errors).toEqual([])
  })

  test("with other help the newer process's help is shown", async () => {
    const [older, newer] = [new TestWriter(1, 1_700_000_000), new TestWriter(2, 1_700_000_060)]
    newer.open(counterFamily('c', { help: 'New.' }), [], [1])
    older.open(counterFamily('c', { help: 'Old.' }), [], [1])
    for (const writers of [
      [older, newer],
      [newer, older],
    ]) {
      const { tables, errors } = await new Merger().merge(writers, noPause)
      expect(tables.map(({ family }) => family.help)).toEqual(['New.'])
      expect(errors).toEqual([])
    }
  })
})
