import { describe, expect } from 'vitest'
import { Slices } from '../../src/platform/slices.js'
import { Folding } from '../../src/store/redis/fold.js'
import { sendPiece } from '../../src/store/redis/piece-script.js'
import { restore } from '../../src/store/redis/restore-scripts.js'
import type { ServiceSnapshotOptions } from '../../src/store/redis/service-snapshot.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { intercepted } from '../helpers/redis/intercepted.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'

const deadSoon = 300
/** Milliseconds in which no writer of a test dies by itself. */
const deadLate = 3_600_000
const state = '{promhive}:state'

/** A server, and what the tests do with the service on it. */
async function startService(stage: Stage, deadAfter = deadSoon) {
  const server = await RedisServer.start(stage)
  const options = (): ServiceSnapshotOptions => simulatedService(stage, server.url, { settle: 20, deadAfter })
  const service = options()
  const fold = async () => void (await new Folding(service).run(new Slices()))
  const [cut, living] = [new SimulatedWriter(service), new SimulatedWriter(service)]
  const die = async ({ store }: SimulatedWriter) =>
    void (await server.ask('ZADD', '{promhive}:beats', '1', store.writer))
  /** Waits until Redis may have added a writer to the totals whose last heartbeat is now. */
  const outlast = async (writer: SimulatedWriter) => {
    const before = Date.now()
    await die(writer)
    await until(
      () => Date.now() - before,
      (waited) => waited > deadSoon + 50,
    )
  }
  const reader = () => new SimulatedReader(service)
  return { server, options, service, fold, cut, living, die, outlast, reader }
}

describe.skipIf(!hasRedis)('a writer that was folded while it was cut off, and Redis that was emptied since', () => {
  for (const first of ['the writer', 'the one that restores'])
    for (const folds of [false, true])
      test(`count once when ${first} comes first${folds ? ', and a fold between them' : ''}`, async ({ stage }) => {
        const { server, fold, cut, living, outlast, reader } = await startService(stage)
        cut.count(100)
        living.count(1)
        for (const writer of [cut, living]) await writer.flush()
        await outlast(cut)
        await living.flush()
        await fold()
        const seen = reader()
        expect(await seen.total()).toBe(101)
        await server.ask('FLUSHALL')
        await living.flush()
        cut.count(1000)
        const steps = [() => cut.flush(), async () => expect([101, 1101]).toContain(await seen.total())]
        for (const step of first === 'the writer' ? steps : steps.toReversed()) {
          await step()
          if (folds) await fold()
        }
        for (const each of [seen, reader()]) expect(await each.total()).toBe(1101)
        cut.count(10_000)
        await cut.flush()
        await fold()
        for (const each of [seen, reader()]) expect(await each.total()).toBe(11_101)
        for (const writer of [cut, living]) await writer.leave()
        await fold()
        for (const each of [seen, reader()]) expect(await each.total()).toBe(11_101)
        expect(await server.ask('HLEN', '{promhive}:ledgers')).toBe(1)
      })

  test('count all when none has seen the totals', async ({ stage }) => {
    const { server, fold, cut, living, outlast, reader } = await startService(stage)
    cut.count(100)
    living.count(1)
    for (const writer of [cut, living]) await writer.flush()
    await outlast(cut)
    await living.flush()
    await fold()
    await server.ask('FLUSHALL')
    await living.flush()
    cut.count(1000)
    await cut.flush()
    cut.count(10_000)
    await cut.flush()
    await fold()
    expect(await reader().total()).toBe(11_101)
    // Nothing else can come by then that has the counts of the writer.
    await server.ask('HSET', state, 'began', '1')
    await fold()
    expect(await reader().total()).toBe(11_101)
    const ledgers = (await server.ask('HKEYS', '{promhive}:ledgers')) as string[]
    expect(ledgers.filter((id) => !id.startsWith('totals:'))).toHaveLength(2)
  })

  test('count once when the pause is longer than Redis keeps the folded writers', async ({ stage }) => {
    const { server, fold, cut, living, outlast, reader } = await startService(stage)
    cut.count(100)
    living.count(1)
    for (const writer of [cut, living]) await writer.flush()
    await outlast(cut)
    await living.flush()
    await fold()
    const seen = reader()
    expect(await seen.total()).toBe(101)
    await server.ask('FLUSHALL')
    await living.flush()
    expect(await seen.total()).toBe(101)
    await server.ask('DEL', '{promhive}:folded')
    cut.flusher.answeredAt -= 2 * 3_600_000
    cut.count(1000)
    await cut.flush()
    for (const each of [seen, reader()]) expect(await each.total()).toBe(1101)
  })

  test('count once what the process that restores has not seen', async ({ stage }) => {
    const { server, fold, cut, living, die, reader } = await startService(stage)
    cut.count(100)
    living.count(1)
    for (const writer of [cut, living]) await writer.flush()
    const seen = reader()
    expect(await seen.total()).toBe(101)
    cut.count(10)
    await cut.flush()
    await server.ask('FLUSHALL')
    await living.flush()
    expect(await seen.total()).toBe(101)
    // Cut off for so long that it counts as dead, as it was restored.
    await die(cut)
    await fold()
    cut.count(1000)
    await cut.flush()
    for (const each of [seen, reader()]) expect(await each.total()).toBe(1111)
  })
})

describe.skipIf(!hasRedis)('a restoration that ends in the middle', () => {
  for (const first of ['the older', 'the newer'])
    for (const done of [1, 2])
      test(`by ${first} view, after ${done} ledgers, is followed by one with the other view`, async ({ stage }) => {
        const { server, options, service, fold, cut, living, die, reader } = await startService(stage)
        const gone = new SimulatedWriter(service)
        cut.count(100)
        living.count(1)
        gone.count(20)
        for (const writer of [gone, cut, living]) await writer.flush()
        await die(gone)
        await fold()
        let isDying = false
        let left = done
        const dying = intercepted(options(), (script) => {
          if (isDying && script === restore && left-- <= 0) throw new Error('this process has ended')
        })
        const [ends, follows] = [new SimulatedReader(dying), new SimulatedReader(options())]
        const [older, newer] = first === 'the older' ? [ends, follows] : [follows, ends]
        expect(await older.total()).toBe(121)
        await die(cut)
        await fold()
        expect(await newer.total()).toBe(121)
        await server.ask('FLUSHALL')
        await living.flush()
        isDying = true
        const before = await ends.total().catch(() => undefined)
        if (before !== undefined) expect(before).toBe(121)
        // As it is when the lease of the process has ended.
        await server.ask('HDEL', state, 'restoring')
        await fold()
        expect(await follows.total()).toBe(121)
        await fold()
        for (const each of [follows, reader()]) expect(await each.total()).toBe(121)
      })
})

test.skipIf(!hasRedis)('a writer whose pieces arrive slowly is not folded between them', async ({ stage }) => {
  const server = await RedisServer.start(stage)
  const service = simulatedService(stage, server.url, { deadAfter: 60_000 })
  let pieces = 0
  const slow = intercepted(service, async (script) => {
    if (script !== sendPiece) return
    pieces++
    // As if 40 seconds had passed since the piece before.
    await server.ask('ZINCRBY', '{promhive}:beats', '-40000', name)
    await new Folding(service).run(new Slices())
  })
  const writer = new SimulatedWriter(slow)
  const name = writer.store.writer
  writer.count(1)
  await writer.flush()
  for (let i = 0; i < 3000; i++) writer.count(1, `${'a long label '.repeat(30)}${i}`)
  await writer.flush()
  expect(pieces).toBeGreaterThan(3)
  expect(writer.store.writer).toBe(name)
  expect(await new SimulatedReader(service).total()).toBe(3001)
  expect(await server.ask('HKEYS', '{promhive}:ledgers')).toEqual([name])
})

describe.skipIf(!hasRedis)('a Redis that is emptied twice', () => {
  for (const end of ['has left', 'has left with its first flush', 'was killed'])
    test(`counts a writer once that ${end} in between`, async ({ stage }) => {
      const { server, service, fold, cut: ends, living, die, reader } = await startService(stage, deadLate)
      ends.count(100)
      living.count(1)
      for (const writer of [ends, living]) await writer.flush()
      const old = reader()
      expect(await old.total()).toBe(101)
      await server.ask('FLUSHALL')
      await living.flush()
      if (end !== 'has left with its first flush') await ends.flush()
      if (end === 'was killed') await die(ends)
      else await ends.leave()
      const job = new SimulatedWriter(service)
      job.count(1000)
      await job.leave()
      await fold()
      const tombstones = await server.ask('LLEN', '{promhive}:tombstones')
      const fresh = reader()
      expect(await fresh.total()).toBe(1101)
      await server.ask('FLUSHALL')
      await living.flush()
      for (const each of [fresh, old]) expect(await each.total()).toBe(1101)
      await fold()
      for (const each of [fresh, old, reader()]) expect(await each.total()).toBe(1101)
      // The other one was only in this state, and needs none.
      expect(tombstones).toBe(1)
    })
})

describe.skipIf(!hasRedis)('a Redis that has lost only the state of a service', () => {
  for (const when of ['', ' and are added to before', ' and are moved before', ' and are read no more before'])
    test(`does not count totals twice that it still has${when}`, async ({ stage }) => {
      const { server, service, fold, cut: ends, living, reader } = await startService(stage, deadLate)
      const last = new SimulatedWriter(service)
      ends.count(100)
      living.count(1)
      last.count(10)
      for (const writer of [ends, living, last]) await writer.flush()
      await ends.leave()
      await fold()
      const old = reader()
      expect(await old.total()).toBe(111)
      if (when.includes('read no more')) {
        await last.leave()
        await fold()
      }
      await server.ask('DEL', state)
      await living.flush()
      if (when.includes('added')) await last.leave()
      // No writer of the instance lives any more: its totals are moved to those of the service.
      if (when.includes('moved')) for (const writer of [last, living]) await writer.leave()
      if (when !== '') await fold()
      expect(await old.total()).toBe(111)
      await fold()
      for (const each of [old, reader()]) expect(await each.total()).toBe(111)
    })
})

describe.skipIf(!hasRedis)('a restoration by the process with the older view', () => {
  for (const [end, states] of [
    ['has left', 2],
    ['was killed', 1],
    ['was killed', 2],
    ['lives', 1],
  ] as const)
    test(`loses nothing that another one has read of a writer that ${end}, ${states} states later`, async ({
      stage,
    }) => {
      const { server, fold, cut: ends, living, die, reader } = await startService(stage, deadLate)
      ends.count(100)
      living.count(1)
      for (const writer of [ends, living]) await writer.flush()
      const [older, newer] = [reader(), reader()]
      expect(await older.total()).toBe(101)
      if (states === 2) {
        expect(await newer.total()).toBe(101)
        await server.ask('FLUSHALL')
        await living.flush()
      }
      ends.count(1000)
      await ends.flush()
      if (end === 'has left') await ends.leave()
      expect(await newer.total()).toBe(1101)
      await server.ask('FLUSHALL')
      await living.flush()
      expect(await older.total()).toBe(101)
      for (const each of [newer, older]) expect(await each.total()).toBe(1101)
      if (end === 'lives') {
        ends.count(10_000)
        await ends.leave()
      } else await die(ends)
      const total = end === 'lives' ? 11_101 : 1101
      for (const step of [fold, async () => void (await server.ask('HSET', state, 'began', '1')), fold]) {
        await step()
        for (const each of [newer, older, reader()]) expect(await each.total()).toBe(total)
      }
    })
})

describe.skipIf(!hasRedis)('a series that was removed before Redis was emptied', () => {
  for (const later of ['', ', with what was counted in it later'])
    test(`does not come back with an older view${later}`, async ({ stage }) => {
      const { server, service, fold, cut: ends, living, reader } = await startService(stage, deadLate)
      const [alive, gone] = [new SimulatedWriter(service), new SimulatedWriter(service)]
      ends.count(100, 'x')
      ends.count(5, 'y')
      for (const writer of [ends, living, alive]) await writer.flush()
      await ends.leave()
      await fold()
      const old = reader()
      expect(await old.total()).toBe(105)
      const family = counterFamily('jobs_total')
      living.store.remove(family, { [family.labelNames[0]!]: 'x' }, 'application')
      for (const writer of [living, alive]) await writer.flush()
      const view = later === '' ? old : reader()
      if (later !== '') {
        alive.count(10, 'x')
        living.count(20, 'x')
        gone.count(1000, 'x')
        for (const writer of [alive, living]) await writer.flush()
        await gone.leave()
        await fold()
      }
      const total = later === '' ? 5 : 1035
      for (const each of new Set([view, reader()])) if (each !== old) expect(await each.total()).toBe(total)
      await server.ask('FLUSHALL')
      // The state of each contains all removals as carried out.
      for (const writer of [alive, living, alive, living, alive]) await writer.flush()
      const fresh = reader()
      await fresh.total()
      expect(await view.total()).toBe(total)
      for (const each of [old, fresh, reader()]) expect(await each.total()).toBe(total)
      await fold()
      alive.count(1, 'x')
      for (const writer of [alive, living, alive]) await writer.flush()
      await fold()
      for (const each of [view, old, fresh, reader()]) expect(await each.total()).toBe(total + 1)
    })
})
