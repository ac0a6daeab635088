import { describe, expect, test, vi } from 'vitest'
import { Counter, Registry } from '../../src/index.js'
import type { MetricsError } from '../../src/model/errors.js'
import { type LabelFilter, matches, seriesKey } from '../../src/model/series-key.js'
import { refOf } from '../../src/model/series-ref.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import { RemovalWatchers } from '../../src/runtime/removal-watchers.js'
import { removeMany, type Store } from '../../src/store/contract.js'
import { RemovalIndex } from '../../src/store/core/removal-index.js'
import { MemoryStore } from '../../src/store/memory/memory-backend.js'
import { Ledger } from '../../src/store/redis/ledger.js'
import { LedgerReader } from '../../src/store/redis/ledger-reader.js'
import { familyName, openedName } from '../../src/store/redis/names.js'
import { RedisStore } from '../../src/store/redis/redis-store.js'
import { FollowedWriter } from '../../src/store/snapshot/followed-writer.js'
import { OwnSnapshot } from '../../src/store/snapshot/own-snapshot.js'
import { type RemovalLists, withRemoval } from '../../src/store/snapshot/removal-lists.js'
import { decodeSnapshot } from '../../src/store/snapshot/snapshot-format.js'
import { SnapshotStore } from '../../src/store/snapshot/snapshot-store.js'
import { shown } from '../helpers/samples.js'
import { counterFamily, noPause } from '../helpers/writers.js'

const jobs = counterFamily('jobs_total', { labelNames: ['path', 'shard'] })

/** How often keys are parsed and made: four times the series and removals take four times as much, and not sixteen. */
async function grows(work: (count: number) => unknown): Promise<void> {
  const calls = async (count: number): Promise<number> => {
    const spies = [vi.spyOn(JSON, 'parse'), vi.spyOn(JSON, 'stringify')]
    await work(count)
    const sum = spies.reduce((total, spy) => total + spy.mock.calls.length, 0)
    for (const spy of spies) spy.mockRestore()
    return sum
  }
  const [few, many] = [await calls(150), await calls(600)]
  expect(many).toBeLessThan(few * 6)
}

const filters: [string, (i: number) => LabelFilter][] = [
  ['all labels', (i) => ({ path: `${i}`, shard: '1' })],
  ['some labels', (i) => ({ path: `${i}` })],
  ['labels that nothing has', (i) => ({ path: `${i}`, shard: '2' })],
  ['some labels that nothing has', (i) => ({ shard: `${i + 2}` })],
]

describe.each(filters)('removing by %s', (_, filter) => {
  const stores: [string, () => Store][] = [
    ['in memory', () => new MemoryStore()],
    ['for Redis', () => new RedisStore({ writer: 'w', onRemoved() {}, announce() {}, flush: async () => {} })],
    ['for snapshots', () => new SnapshotStore(1, 1, 'w', { flush: async () => {}, removing() {} })],
  ]

  test.each(stores)('costs as much for each removal however many series there are: %s', (_store, make) =>
    grows((count) => {
      const store = make()
      for (let i = 0; i < count; i++) store.open(jobs, refOf([`${i}`, '1']))
      for (let i = 0; i < count; i++) store.remove(jobs, filter(i), 'application')
      const left = [...store.series()].map(({ series }) => seriesKey(series.labelValues))
      const named = (key: string) => left.length > 0 && matches(jobs.labelNames, key, filter(0))
      expect(left.filter(named)).toEqual([])
    }),
  )

  test('costs as much for each series of a metric', () =>
    grows(async (count) => {
      const registry = new Registry({}, new ProcessContext())
      const counter = new Counter({ name: 'c', help: 'C.', labelNames: ['path', 'shard'], registers: [registry] })
      for (let i = 0; i < count; i++) counter.labels(`${i}`, '1').inc()
      for (let i = 0; i < count; i++) counter.removeByLabels(filter(i) as { path: string })
      counter.inc({ path: '0', shard: '1' })
      const seen = await shown(registry)
      expect(Object.keys(seen).length).toBe(filter(0).shard === '2' || filter(0).path === undefined ? count : 1)
    }))

  test('is applied by a reader of Redis in one pass', () =>
    grows(async (count) => {
      const reader = new LedgerReader('reader')
      Object.assign(reader, { entry: { seen: 0 } })
      let names = familyName(0, jobs)
      for (let i = 0; i < count; i++) names += openedName(0, 0, i, 1, JSON.stringify([`${i}`, '1']))
      await reader.names.read(Buffer.from(names), noPause)
      const index = new RemovalIndex()
      const { registry, name } = jobs
      for (let i = 0; i < count; i++) index.add({ author: 'other', registry, name, labels: filter(i) }, i + 1)
      // The removals that it published itself are applied already.
      index.add({ author: 'reader', registry, name, labels: {} }, count + 1)
      await reader.mask(index, count + 1, noPause)
      const log = reader.names.log()
      expect(log.length).toBe(filter(0).shard === '2' || filter(0).path === undefined ? count : 2 * count)
      await reader.mask(index, count + 1, noPause)
      expect(log.length).toBeLessThanOrEqual(2 * count)
    }))

  test('is applied by a reader of snapshots in one pass', () =>
    grows(async (count) => {
      const store = new MemoryStore()
      for (let i = 0; i < count; i++) store.open(jobs, refOf([`${i}`, '1']))
      const standing = { closed: false, inherited: [], removals: {}, taken: {} }
      const snapshot = decodeSnapshot(new OwnSnapshot().take(store, standing).bytes)
      const follower = new FollowedWriter()
      await follower.follow(snapshot, noPause)
      const { registry, name } = jobs
      const removals = Array.from({ length: count }, (_each, i) => ({ registry, name, labels: filter(i) }))
      await follower.leaveOut(removals, noPause)
      const left = [...follower.series(snapshot)].length
      expect(left).toBe(filter(0).shard === '2' || filter(0).path === undefined ? count : 0)
    }))
})

test('removals of others that come together are applied together in Redis, and turn the gate once', () => {
  const gone: string[] = []
  const store = new RedisStore({
    writer: 'w',
    onRemoved: (_, key) => gone.push(key),
    announce() {},
    flush: async () => {},
  })
  for (let i = 0; i < 100; i++) store.open(jobs, refOf([`${i}`, `${i % 2}`]))
  const [before] = store.gate
  const { registry, name } = jobs
  const labels: LabelFilter[] = [{ shard: '1' }, { path: '0', shard: '0' }, { path: '2' }]
  store.removed(labels.map((each) => ({ author: 'other', registry, name, labels: each })))
  expect(store.gate[0]! - before!).toBe(1)
  expect(gone.length).toBe(52)
  expect([...store.series()].length).toBe(48)
  removeMany(store, jobs, [{ path: '4' }, { path: '6', shard: '0' }], 'application')
  expect(store.unsent.map((each) => each.labels)).toEqual([{ path: '4' }, { path: '6', shard: '0' }])
  expect([...store.series()].length).toBe(46)
})

test('removals that wait for Redis are stored once each, at their last position, up to a maximum', () => {
  const errors: string[] = []
  const onDropped = ({ code }: MetricsError): unknown => errors.push(code)
  const store = new RedisStore({ writer: 'w', onRemoved() {}, announce() {}, flush: async () => {}, onDropped })
  const remove = (path: string): void => store.remove(jobs, { path }, 'application')
  const { unsent: untold } = store
  for (let i = 0; i < 10_000; i++) remove(`${i % 10}`)
  expect(untold.length).toBeLessThan(2010)
  expect(untold.slice(-10).map(({ labels }) => labels.path)).toEqual([...'0123456789'])
  expect(errors).toEqual([])
  for (let round = 0; round < 2; round++) {
    const filters = Array.from({ length: 110_000 }, (_, i) => ({ path: `${round} ${i}` }))
    removeMany(store, jobs, filters, 'application')
  }
  expect(store.unsent).toBe(untold)
  expect(untold.length).toBe(100_000)
  expect(untold.at(-1)!.labels.path).toBe('1 109999')
  expect(errors).toEqual(['REMOVE_FAILED'])
})

test('the exemplars of a series of a ledger go with it, and no others', () => {
  const ledger = new Ledger()
  for (let i = 0; i < 50; i++) {
    const { slot } = ledger.open(jobs, JSON.stringify([`${i}`, '1'])).run
    for (const bucket of [0, 1]) ledger.setExemplar(slot, bucket, { labels: {}, value: i, timestamp: 1 })
  }
  ledger.remove([...ledger.families.values()][0]!, '["7","1"]')
  const values = ledger.placedExemplars().map(({ exemplar }) => exemplar.value)
  expect(values.length).toBe(98)
  expect(values).not.toContain(7)
})

test('the list of removals of a writer is not copied for each', () => {
  let lists: RemovalLists = {}
  const removal = { registry: 'default', name: 'jobs_total', labels: {} }
  lists = withRemoval(lists, 'w', 0, removal)
  const { list } = lists.w!
  for (let i = 1; i < 10_000; i++) lists = withRemoval(lists, 'w', i, removal)
  expect(lists.w!.list).toBe(list)
  expect(list.length).toBe(10_000)
  expect(() => withRemoval(lists, 'w', 10_000, removal)).toThrow(/10000 earlier removals/)
})

test('metrics of one definition cost little each, and are notified of removals', () => {
  const watchers = new RemovalWatchers()
  const deref = vi.spyOn(WeakRef.prototype, 'deref')
  let heard = 0
  const metrics = Array.from({ length: 2_000 }, () => ({ family: jobs, seriesRemoved: () => void heard++ }))
  for (const metric of metrics) watchers.add(metric)
  expect(deref.mock.calls.length).toBeLessThan(3 * metrics.length)
  deref.mockRestore()
  watchers.removed({ ...jobs }, '["1","1"]')
  expect(heard).toBe(metrics.length)
})
