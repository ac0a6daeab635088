import { afterEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { HostImage } from '../../../src/store/redis/host-image.js'
import { OwnSnapshot } from '../../../src/store/snapshot/own-snapshot.js'
import { counterFamily, noPause, TestWriter } from '../../helpers/writers.js'

// promhive keeps the clocks that exist when it is loaded: these tests load it with clocks that they can set.
const steady = vi.hoisted(() => ({ now: 0 }))
vi.mock('../../../src/platform/timers.js', async (original) => ({
  ...(await original<typeof import('../../../src/platform/timers.js')>()),
  monotonicNow: () => steady.now,
}))

const jobs = counterFamily('jobs_total', { labelNames: ['a'] })
const hour = 3_600_000

afterEach(() => void vi.useRealTimers())

function pass(milliseconds: number): void {
  steady.now += milliseconds
  vi.setSystemTime(Date.now() + milliseconds)
}

/** Lets time pass, and sets the clock back by an hour at the same moment. */
function setBack(passed: number): void {
  pass(passed)
  vi.setSystemTime(Date.now() - hour)
}

test('a snapshot gives a sign of life in time, though the clock was set back', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const [store, own] = [new MemoryStore(), new OwnSnapshot()]
  const standing = { closed: false, inherited: [], removals: {}, taken: {} }
  own.kept(own.take(store, standing).record)
  pass(4_000)
  expect(own.due(store, standing, 5_000)).toBe(false)
  setBack(2_000)
  expect(own.due(store, standing, 5_000)).toBe(true)
})

test("a host shows the newest of its processes' exemplars, though the clock was set back", async () => {
  const image = new HostImage()
  const [one, two] = [new TestWriter(1), new TestWriter(2)]
  const exemplar = (trace: string, timestamp: number) => ({ labels: { trace }, value: 1, timestamp })
  const slots = [one, two].map((writer) => writer.open(jobs, ['x'], [1]))
  const shows = (writer: TestWriter, slot: number, ...given: [string, number]) =>
    Object.assign(writer, { exemplars: () => [{ slot, bucket: 0, exemplar: exemplar(...given) }] })
  shows(one, slots[0]!, 'one', 5000)
  shows(two, slots[1]!, 'two', 5001)
  await image.update([one, two], noPause)
  expect(image.ledger.placedExemplars().map(({ exemplar }) => exemplar.labels.trace)).toEqual(['two'])
  shows(one, slots[0]!, 'one again', 1401)
  shows(two, slots[1]!, 'two again', 1400)
  await image.update([one, two], noPause)
  expect(image.ledger.placedExemplars().map(({ exemplar }) => exemplar.labels.trace)).toEqual(['one again'])
})
