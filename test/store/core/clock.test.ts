import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, vi } from 'vitest'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { HostImage } from '../../../src/store/redis/host-image.js'
import { openForWriting } from '../../../src/store/shared/files.js'
import { controlName, leaderName, removalsLockName } from '../../../src/store/shared/format.js'
import { Leadership } from '../../../src/store/shared/leadership.js'
import { Removals } from '../../../src/store/shared/removals.js'
import { OwnSnapshot } from '../../../src/store/snapshot/own-snapshot.js'
import { test } from '../../helpers/processes/stage.js'
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

test('without locks another process leads when the leader is silent, though the clock was set back', ({ stage }) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const directory = stage.folder()
  const [one, two] = [new Leadership(directory, undefined), new Leadership(directory, undefined)]
  for (const each of [one, two]) stage.after(() => each.leave())
  const held = (each: Leadership): boolean => {
    const led = each.held()
    // The file system has a clock of its own.
    const path = join(directory, leaderName())
    if (led) utimesSync(path, Date.now() / 1000, Date.now() / 1000)
    return led
  }
  expect([held(one), held(one), held(two)]).toEqual([false, true, false])
  setBack(1_000)
  expect(held(two)).toBe(false)
  pass(6_000)
  expect([held(two), held(two)]).toEqual([false, true])
})

test('the lock file of a process that died over a removal is taken away, though the clock was set back', ({
  stage,
}) => {
  const directory = stage.folder()
  mkdirSync(directory, { recursive: true })
  const removals = new Removals(directory, openForWriting(join(directory, controlName), true), undefined)
  const path = join(directory, removalsLockName)
  writeFileSync(path, '')
  utimesSync(path, (Date.now() + hour) / 1000, (Date.now() + hour) / 1000)
  vi.useFakeTimers({ toFake: ['Date'] })
  const remove = () => removals.append([{ registry: 'default', name: 'jobs_total', labels: {} }], () => false, true)
  expect(remove()).toBeUndefined()
  pass(4_000)
  expect(remove()).toBeUndefined()
  pass(2_000)
  remove()
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  expect(remove()?.end).toBeGreaterThan(0)
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
