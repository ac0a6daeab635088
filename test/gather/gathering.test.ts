import { expect, test } from 'vitest'
import { type Gathered, Gathering } from '../../src/gather/gathering.js'
import { MetricsError } from '../../src/model/errors.js'
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

function gatheringOf(...writers: TestWriter[]): Gathering {
  const source = sourceOf(async () => ({ writers, errors: [] }))
  return new Gathering(() => source)
}

const nothing = () => {}

/** The merged value of the first series. */
function total({ tables: [table] }: Gathered): number {
  return table!.slots[table!.bases[0]!]!
}

test('what was prepared is handed on, beside the merged families', async () => {
  const answer = await gatheringOf(oneJob()).run(
    () => 'prepared',
    async (gathered, prepared) => [prepared, total(gathered)],
  )
  expect(answer).toEqual(['prepared', 1])
})

test('one at a time: the numbers stand still until they are used', async () => {
  const writer = oneJob()
  const gathering = gatheringOf(writer)
  const use = async (gathered: Gathered) => {
    const before = total(gathered)
    writer.values[0]! += 1
    await new Promise((resolve) => setImmediate(resolve))
    return [before, total(gathered)]
  }
  const answers = await Promise.all([1, 2, 3].map(() => gathering.run(nothing, use)))
  expect(answers).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
})

test('one that failed leaves the next one its turn', async () => {
  let readings = 0
  const source = sourceOf(async () => {
    if (readings++ === 0) throw new Error('disk gone')
    return { writers: [], errors: [] }
  })
  const gathering = new Gathering(() => source)
  const [first, second] = await Promise.allSettled([
    gathering.run(nothing, async () => 1),
    gathering.run(nothing, async () => 2),
  ])
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'disk gone' } })
  expect(second).toEqual({ status: 'fulfilled', value: 2 })
})

test('application code that runs to prepare one may ask for another', async () => {
  const gathering = gatheringOf(oneJob())
  const answer = await gathering.run(
    () => gathering.run(nothing, async (gathered) => total(gathered)),
    async (_, inner) => inner,
  )
  expect(answer).toBe(1)
})

test('each fault of reading and of merging is told', async () => {
  const unreadable = new MetricsError('FILE_UNREADABLE', 'seat 3 is unreadable')
  const writer = oneJob()
  writer.open(counterFamily('jobs', { labelNames: ['a'] }), ['x'], [1])
  const told: MetricsError[] = []
  const source = sourceOf(async () => ({ writers: [writer], errors: [unreadable] }))
  const gathering = new Gathering(
    () => source,
    (error) => told.push(error),
  )
  const errors = await gathering.run(nothing, async (gathered) => gathered.errors)
  expect(errors.map(({ code }) => code)).toEqual(['FILE_UNREADABLE', 'FAMILY_CONFLICT'])
  expect(told).toEqual(errors)
})

test('the source is asked for at each turn, and another one begins anew', async () => {
  let writer = oneJob(1)
  const gathering = new Gathering(() => {
    const present = writer
    return sourceOf(async () => ({ writers: [present], errors: [] }))
  })
  expect(await gathering.run(nothing, async (gathered) => total(gathered))).toBe(1)
  writer = oneJob(5)
  expect(await gathering.run(nothing, async (gathered) => total(gathered))).toBe(5)
})
