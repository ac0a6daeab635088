import { describe, expect, test } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import type { WriterSnapshot } from '../../src/store/contract.js'
import { textFormatter } from '../helpers/formatters.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause, TestWriter } from '../helpers/writers.js'

/** A writer with Python's client. */
class PythonWriter extends TestWriter {
  readonly client = 'python'

  constructor() {
    // Later than any other writer.
    super(0, 1_900_000_000)
  }
}

async function shown(...writers: readonly WriterSnapshot[]) {
  const { tables, errors } = await new Merger().merge(writers, noPause)
  const chunks = await textFormatter().format(tables, noPause)
  const lines = Buffer.concat(chunks).toString().split('\n')
  return { lines: lines.filter((line) => line !== '' && !line.startsWith('#')), errors }
}

function eachOf(mode: 'all' | 'liveall', labelNames: readonly string[] = ['pid']): FamilyDescriptor<'gauge'> {
  return { ...gaugeFamily('each', mode, { labelNames }), processLabel: 'pid' }
}

describe('the families of another client', () => {
  test('are merged with promhive’s of the same definition', async () => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    ours.open(counterFamily('jobs_total', { help: 'Ours.' }), [], [1])
    theirs.open(counterFamily('jobs_total', { help: 'Theirs.' }), [], [10])
    ours.open(gaugeFamily('level', 'max'), [], [2, 5, Number.NaN, 0, 0])
    theirs.open(gaugeFamily('level', 'max'), [], [2, 7, Number.NaN, 0, 0])
    const { tables, errors } = await new Merger().merge([ours, theirs], noPause)
    expect(errors).toEqual([])
    expect(tables.map(({ family }) => family.help)).toContain('Ours.')
    expect((await shown(ours, theirs)).lines).toEqual(['jobs_total 11', 'level 7'])
  })

  test('are not shown if promhive’s definition differs, however old it is, and that is reported', async () => {
    const [ours, theirs] = [new TestWriter(1, 5), new PythonWriter()]
    ours.live = false
    ours.open(gaugeFamily('level', 'sum'), [], [2, 1, Number.NaN, 0, 0])
    theirs.open(gaugeFamily('level', 'max'), [], [2, 7, Number.NaN, 0, 0])
    const { lines, errors } = await shown(ours, theirs)
    expect(lines).toEqual(['level 1'])
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        'FAMILY_CONFLICT',
        "level is defined twice in this application: mode max and sum; promhive's is shown, not that of Python's client",
      ],
    ])
  })

  test('are shown if promhive’s has no series', async () => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    ours.log.families.push(gaugeFamily('level', 'sum'))
    theirs.open(gaugeFamily('level', 'max'), [], [2, 7, Number.NaN, 0, 0])
    expect((await shown(ours, theirs)).lines).toEqual(['level 7'])
  })

  test('are not shown if another family of promhive has samples of the same name', async () => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    ours.open(counterFamily('seconds_count'), [], [1])
    ours.open(counterFamily('other'), [], [1])
    theirs.open(histogramFamily('seconds', [1]), [], [0, 1, 1, 1])
    theirs.open(counterFamily('other_total'), [], [5])
    theirs.open(counterFamily('more_total'), [], [5])
    const { lines, errors } = await shown(ours, theirs)
    expect(lines).toEqual(['more_total 5', 'other 1', 'seconds_count 1'])
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        'FAMILY_CONFLICT',
        expect.stringContaining('both have samples named seconds_count: only seconds_count is shown'),
      ],
      ['FAMILY_CONFLICT', expect.stringContaining('both have samples named other_total: only other is shown')],
    ])
  })
})

describe('gauges that show each process', () => {
  test.each(['all', 'liveall'] as const)('have the label of their own client, in mode %s', async (mode) => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    ours.open(gaugeFamily('each', mode), [], [1, 3])
    theirs.open(eachOf(mode), ['4711'], [1, 5])
    theirs.open(eachOf(mode), ['4712'], [1, 6])
    const { lines, errors } = await shown(ours, theirs)
    expect(lines).toEqual(['each{pid="4711"} 5', 'each{pid="4712"} 6', 'each{worker="1"} 3'])
    expect(errors).toEqual([])
  })

  test('are shown once if both clients use the pid, and a pid was used twice', async () => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    ours.open(gaugeFamily('each', 'all'), [], [1, 3])
    theirs.open(eachOf('all'), ['1'], [1, 5])
    theirs.open(eachOf('all'), ['2'], [1, 6])
    const { tables } = await new Merger('pid').merge([ours, theirs], noPause)
    const chunks = await textFormatter().format(tables, noPause)
    expect(Buffer.concat(chunks).toString()).toContain('each{pid="1"} 3\neach{pid="2"} 6\n')
  })

  test('are not mixed with those of other labels or another mode', async () => {
    for (const theirsFamily of [eachOf('all', ['pid', 'zone']), eachOf('liveall')]) {
      const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
      ours.open(gaugeFamily('each', 'all'), [], [1, 3])
      theirs.open(
        theirsFamily,
        theirsFamily.labelNames.map(() => '1'),
        [1, 5],
      )
      const { lines, errors } = await shown(ours, theirs)
      expect(lines).toEqual(['each{worker="1"} 3'])
      expect(errors).toHaveLength(1)
    }
  })
})

describe('histograms', () => {
  const float = (bounds: readonly number[]): FamilyDescriptor<'histogram'> => {
    return { ...histogramFamily('seconds', bounds), floatBounds: true }
  }

  test('spell bounds as Python does, until a process of promhive has the family', async () => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    theirs.open(float([1, 1e6]), [], [0, 1, 1, 1, 1])
    const merger = new Merger()
    const formatter = textFormatter()
    const text = async (...writers: readonly WriterSnapshot[]): Promise<string> => {
      const { tables } = await merger.merge(writers, noPause)
      return Buffer.concat(await formatter.format(tables, noPause)).toString()
    }
    expect(await text(theirs)).toContain('le="1.0"} 1\nseconds_bucket{le="1e+06"} 2\n')
    ours.open(histogramFamily('seconds', [1, 1e6]), [], [0, 1, 1, 1, 1])
    expect(await text(ours, theirs)).toContain('le="1"} 2\nseconds_bucket{le="1000000"} 4\n')
    expect(await text(theirs)).toContain('le="1.0"} 1\n')
  })

  test('of both clients with other bounds show the common ones', async () => {
    const [ours, theirs] = [new TestWriter(1), new PythonWriter()]
    ours.open(histogramFamily('seconds', [1, 2]), [], [0, 1, 1, 1, 1])
    theirs.open(float([2, 3]), [], [0, 1, 10, 10, 10])
    const { lines, errors } = await shown(ours, theirs)
    expect(lines).toEqual([
      'seconds_bucket{le="2"} 12',
      'seconds_bucket{le="+Inf"} 33',
      'seconds_sum 2',
      'seconds_count 33',
    ])
    expect(errors[0]!.message).toContain('their common buckets are shown')
  })
})
