import { describe, expect } from 'vitest'
import { redis } from '../../src/redis.js'
import { test } from '../helpers/processes/stage.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const many = 10_000

describe.skipIf(!hasRedis)('the seat of a new writer', () => {
  test('is the first free one, and found in as many steps among 10 000 as among few', async ({ stage }) => {
    const { server, client } = await startRedis(stage)
    const now = Date.now()
    const fill = client.pipeline()
    for (let seat = 1; seat <= many; seat++) {
      const id = `w${seat}`
      const facts = JSON.stringify({ kind: 'writer', instance: 'i', startedAt: 1, epoch: 1 })
      fill.hset('{promhive}:ledgers', id, `1 ${seat} 0 0 0 ${facts}`).zadd('{promhive}:seats', seat, id)
      // A dead process, and one that closed before, leave a seat each.
      fill.zadd('{promhive}:beats', seat === 5000 ? 1 : now + 3_600_000, id)
    }
    await fill.zrem('{promhive}:seats', 'w7000').exec()
    const seatOfNext = async (): Promise<[seat: number, commands: number]> => {
      await server.ask('CONFIG', 'RESETSTAT')
      const backend = redis({ url: server.url, flushInterval: 600 })
      const one = participant(stage, backend)
      expect(await backend.flush()).toBe(true)
      const stats = String(await server.ask('INFO', 'commandstats'))
      // The process that folds the dead ones, at the first flush, counts nothing.
      const commands = Number(/cmdstat_zcount:calls=(\d+)/.exec(stats)?.[1])
      const seat = Number(await client.zscore('{promhive}:seats', one.store.writer))
      return [seat, commands]
    }
    for (const expected of [5000, 7000, many + 1]) {
      const [seat, commands] = await seatOfNext()
      expect(seat).toBe(expected)
      expect(commands).toBeLessThan(60)
    }
  })
})
