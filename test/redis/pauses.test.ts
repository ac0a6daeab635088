import { describe, expect } from 'vitest'
import { refOfKey } from '../../src/model/series-ref.js'
import { redis } from '../../src/redis.js'
import { overClient } from '../../src/store/redis/clients.js'
import { Flusher } from '../../src/store/redis/flusher.js'
import { Keys } from '../../src/store/redis/keys.js'
import { RedisStore } from '../../src/store/redis/redis-store.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { hasRedis, type RedisServer } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])
/** Milliseconds; in use, it is an hour at least. */
const retention = 400

describe.skipIf(!hasRedis)('a writer that comes back', () => {
  test('after its tombstone is gone counts once', async ({ stage }) => {
    const { writer, count, flusher, server } = await start(stage)
    count(200)
    await flusher.flush()
    await server.ask('ZADD', '{promhive}:beats', '1', writer())
    const before = writer()
    await until(
      async () => {
        await participant(stage, redis({ url: server.url })).backend.close()
        return (await server.ask('HDEL', '{promhive}:folded', before)) as number
      },
      (deleted) => deleted === 1,
    )
    await pause(retention + 100)
    count(1)
    await flusher.flush()
    expect(writer()).not.toBe(before)
    count(1)
    await flusher.flush()
    expect((await participant(stage, redis({ url: server.url })).read()).total('jobs_total')).toBe(202)
  })

  test('after Redis has lost its ledger sends all it has', async ({ stage }) => {
    const { writer, count, flusher, server } = await start(stage)
    count(200)
    await flusher.flush()
    await server.ask('HDEL', '{promhive}:ledgers', writer())
    count(1)
    await flusher.flush()
    // However long it was away, where Redis is another since.
    await server.ask('FLUSHALL')
    await pause(retention + 100)
    count(1)
    await flusher.flush()
    expect((await participant(stage, redis({ url: server.url })).read()).total('jobs_total')).toBe(202)
  })
})

async function start(stage: Stage) {
  const { server, client } = await startRedis(stage)
  const name = 'host-1-0~first'
  const store = new RedisStore({
    writer: name,
    onRemoved() {},
    announce() {},
    flush: async () => {},
  })
  const flusher = new Flusher(
    {
      ledger: store.ledger,
      unsent: store.unsent,
      facts: () => ({ kind: 'writer', instance: 'host', startedAt: 1, epoch: 1 }),
      removed() {},
      folded(next) {
        store.writer = next
        store.forgetSent()
      },
    },
    {
      ...{ keys: new Keys('promhive'), connection: overClient(client), writer: name, retention },
      ...{ deadAfter: 60_000, expire: 3_600_000, timeout: 10_000 },
    },
  )
  const { values, at } = store.open(jobs, refOfKey(key))
  const count = (amount: number) => {
    values[at]! += amount
  }
  return { server: server satisfies RedisServer, flusher, count, writer: () => store.writer }
}
