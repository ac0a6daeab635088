import { expect, test } from 'vitest'
import { type SourceGathered, SourceGatherer } from '../../src/gather/source-gatherer.js'
import { MetricsError } from '../../src/model/errors.js'
import { nameOf } from '../../src/model/family.js'
import type { Source, SourceReading } from '../../src/store/contract.js'
import { counterFamily, TestWriter } from '../helpers/writers.js'

function sourceOf(read: () => Promise<SourceReading>): Source {
  return { read, close() {} }
}

function oneJob(count = 1): TestWriter {
  const writer = new TestWriter(1)
  writer.open(counterFamily('jobs'), [], [count])
  return writer
}

function gathererOf(...writers: TestWriter[]): SourceGatherer {
  const source = sourceOf(async () => ({ writers, errors: [] }))
  return new SourceGatherer(() => source)
}

/** The merged value of the first series. */
function total({ tables: [table] }: SourceGathered): number {
  return table!.slots[table!.bases[0]!]!
}

async function totalNow(gatherer: SourceGatherer): Promise<number> {
  const gathered = await gatherer.gather()
  try {
    return total(gathered)
  } finally {
    gathered.release()
  }
}

test('the numbers do not change until they are released', async () => {
  const writer = oneJob()
  const gatherer = gathererOf(writer)
  const use = async () => {
    const gathered = await gatherer.gather()
    const before = total(gathered)
    writer.values[0]! += 1
    await new Promise((resolve) => setImmediate(resolve))
    const after = total(gathered)
    gathered.release()
    // A second call does nothing: the turn of the next gathering does not end.
    gathered.release()
    return [before, after]
  }
  expect(await Promise.all([1, 2, 3].map(use))).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
})

test('one that failed leaves the next one its turn', async () => {
  let readings = 0
  const source = sourceOf(async () => {
    if (readings++ === 0) throw new Error('disk gone')
    return { writers: [oneJob(2)], errors: [] }
  })
  const gatherer = new SourceGatherer(() => source)
  const [first, second] = await Promise.allSettled([totalNow(gatherer), totalNow(gatherer)])
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'disk gone' } })
  expect(second).toEqual({ status: 'fulfilled', value: 2 })
})

test('one that was dropped before it began leaves the next one its turn, and does not begin', async () => {
  const gatherer = gathererOf(oneJob())
  const gone = new AbortController()
  const begun: string[] = []
  const first = await gatherer.gather({ onBegin: () => begun.push('first') })
  const dropped = gatherer.gather({ signal: gone.signal, onBegin: () => begun.push('dropped') })
  const next = gatherer.gather({ onBegin: () => begun.push('next') })
  gone.abort()
  expect(begun).toEqual(['first'])
  first.release()
  await expect(dropped).rejects.toBe(gone.signal.reason)
  await next
  expect(begun).toEqual(['first', 'next'])
})

test('each fault of reading and of merging is reported, and is listed with the families', async () => {
  const unreadable = new MetricsError('FILE_UNREADABLE', 'seat 3 is unreadable')
  const writer = oneJob()
  writer.open(counterFamily('jobs', { labelNames: ['a'] }), ['x'], [1])
  const reported: MetricsError[] = []
  const source = sourceOf(async () => ({ writers: [writer], errors: [unreadable] }))
  const gatherer = new SourceGatherer(
    () => source,
    (error) => reported.push(error),
  )
  const { faults, families } = await gatherer.gather()
  expect(faults.map(({ code }) => code)).toEqual(['FILE_UNREADABLE', 'FAMILY_CONFLICT'])
  expect(reported).toEqual(faults)
  expect(families.map(nameOf)).toEqual(['jobs'])
})

test('what cannot be read at all is an error, and the next one has its turn', async () => {
  const incomplete = new MetricsError('FILE_UNREADABLE', 'seat 3 is unreadable', { reason: 'EIO' })
  let readings = 0
  const source = sourceOf(async () => ({
    writers: [oneJob()],
    errors: [],
    ...(readings++ === 0 && { incomplete }),
  }))
  const gatherer = new SourceGatherer(() => source)
  await expect(gatherer.gather()).rejects.toMatchObject({ code: 'SCRAPE_INCOMPLETE', cause: incomplete, reason: 'EIO' })
  expect(await totalNow(gatherer)).toBe(1)
})

test('a request may name families', async () => {
  const writer = oneJob()
  writer.open(counterFamily('other'), [], [1])
  const gathered = await gathererOf(writer).gather({ names: ['jobs_total'] })
  expect(gathered.families.map(nameOf)).toEqual(['jobs'])
  expect(gathered.tables.length).toBe(2)
})

test('each turn gets the source again, and another source begins with a new merger', async () => {
  let writer = oneJob(1)
  const gatherer = new SourceGatherer(() => {
    const present = writer
    return sourceOf(async () => ({ writers: [present], errors: [] }))
  })
  expect(await totalNow(gatherer)).toBe(1)
  writer = oneJob(5)
  expect(await totalNow(gatherer)).toBe(5)
})
