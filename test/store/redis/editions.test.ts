import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, vi } from 'vitest'
import { overClient } from '../../../src/store/redis/clients.js'
import type { WriterFacts } from '../../../src/store/redis/entry.js'
import { type Flushed, Flusher } from '../../../src/store/redis/flusher.js'
import { Folding } from '../../../src/store/redis/fold.js'
import { Keys } from '../../../src/store/redis/keys.js'
import { Ledger } from '../../../src/store/redis/ledger.js'
import type { LedgerReader } from '../../../src/store/redis/ledger-reader.js'
import { survey } from '../../../src/store/redis/read-script.js'
import type { Reply, ScriptConnection } from '../../../src/store/redis/script.js'
import { ServiceSnapshot, type ServiceSnapshotOptions } from '../../../src/store/redis/service-snapshot.js'
import { counterFamily } from '../../../src/testing/families.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../../helpers/redis/redis-server.js'

// This test sets the time of the system.
vi.mock('../../../src/platform/system-time.js', () => ({ systemNow: () => Date.now() }))

const jobs = counterFamily('jobs_total')
const pause = { due: () => false, rest: async () => {} }
const facts: WriterFacts = { kind: 'host', instance: 'host', startedAt: 1, epoch: 1 }

describe.skipIf(!hasRedis)('a reader that follows the names of a ledger', () => {
  test('sees each fold, and were they all within one millisecond', async ({ stage }) => {
    const options = await shelfOptions(stage)
    const follower = new ServiceSnapshot(options)
    for (let i = 1; i <= 5; i++) {
      // The names are replaced by others: the known ones are not the beginning of the new ones.
      const gone = { registry: jobs.registry, name: jobs.name, labels: {} }
      const { flusher, ledger } = writer(options, `writer ${i}`, 0, i === 1 ? [] : [gone])
      await flusher.flush()
      ledger.open(jobs, JSON.stringify(['x'.repeat(i)]), 0, 1).run.segment.values.fill(i)
      await flusher.leave()
      expect(await new Folding(stopped(options)).run(pause)).toEqual({ ledgers: 1, batches: 1 })
      await follower.read(pause)
      expect(seriesOf(follower.ledgers.get('totals:')!)).toEqual([JSON.stringify(['x'.repeat(i)])])
    }
  })

  test('sees the flushes of the next process that flushes for a host, even if its clock is late', async ({ stage }) => {
    const options = await shelfOptions(stage)
    const follower = new ServiceSnapshot(options)
    const id = 'host:host:run'
    vi.useFakeTimers({ toFake: ['Date'] })
    stage.after(() => void vi.useRealTimers())
    for (let i = 1; i <= 4; i++) {
      vi.setSystemTime(1_900_000_000_000 - i * 3_600_000)
      const { flusher, ledger } = writer(options, id, Date.now())
      flusher.restart(id, options.keys)
      for (let j = 0; j < 5 - i; j++)
        ledger.open(jobs, JSON.stringify([`${i} ${'x'.repeat(j)}`]), 0, 1).run.segment.values.fill(i)
      await flusher.flush()
      await follower.read(pause)
      const seen = follower.ledgers.get(id)!
      expect(seriesOf(seen)).toEqual(Array.from({ length: 5 - i }, (_, j) => JSON.stringify([`${i} ${'x'.repeat(j)}`])))
      expect(seen.values[0]).toBe(i)
    }
  })
})

/** A writer's end of a ledger. */
function writer(
  options: ServiceSnapshotOptions,
  id: string,
  edition = 0,
  unsent: Flushed['unsent'] = [],
): { readonly flusher: Flusher; readonly ledger: Ledger } {
  const ledger = new Ledger(edition)
  const flushed: Flushed = { ledger, facts: () => facts, unsent, removed() {}, folded() {} }
  return { ledger, flusher: new Flusher(flushed, { ...options, writer: id }) }
}

/** As if no time passed between one fold and the next. */
function stopped(options: ServiceSnapshotOptions): ServiceSnapshotOptions {
  const connection: ScriptConnection = {
    ...options.connection,
    async run(script, keys, words) {
      const reply = await options.connection.run(script, keys, words)
      if (script === survey) ((reply as Reply[])[0] as Reply[])[0] = 1_900_000_000_000
      return reply
    },
  }
  return { ...options, connection }
}

function seriesOf(ledger: LedgerReader): string[] {
  const log = ledger.names.log()
  return Array.from({ length: log.length }, (_, i) => log.keyOf[i]!)
}

async function shelfOptions(stage: Stage): Promise<ServiceSnapshotOptions> {
  const server = await RedisServer.start(stage)
  const client = new Redis(server.url)
  client.on('error', () => {})
  stage.after(() => client.disconnect())
  const connection = overClient(client)
  return { keys: new Keys(randomUUID()), connection, deadAfter: 60_000, expire: 60_000, timeout: 30_000 }
}
