import { describe, expect } from 'vitest'
import { redis } from '../../src/redis.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause } from '../helpers/processes/until.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])

const kinds: [string, (stage: Stage) => object][] = [
  ['of one process', () => ({})],
  ['of a host', (stage) => ({ perHost: true, dir: stage.directory() })],
]

describe.skipIf(!hasRedis)('a backend that was closed', () => {
  test.for(kinds)('%s sends nothing more', async ([, more], { stage }) => {
    const server = await RedisServer.start(stage)
    // At once: the first flush, one turn of the event loop after the first metric, has not begun.
    const closed = participant(stage, redis({ url: server.url, flushInterval: 0.05, ...more(stage) }))
    counterOf(closed, jobs, key).inc(3)
    await closed.backend.close()
    const beats = () => server.ask('ZRANGE', '{promhive}:beats', '0', '-1', 'WITHSCORES')
    const before = [await beats(), await scriptsRun(server)]
    expect(await closed.backend.flush()).toBe(false)
    closed.store.remove(jobs, { text: 'b' }, 'application')
    await pause(300)
    expect([await beats(), await scriptsRun(server)]).toEqual(before)
    const reader = participant(stage, redis({ url: server.url }))
    expect((await reader.read()).total('jobs_total')).toBe(3)
  })

  test('is not alive after it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const closed = participant(stage, redis({ url: server.url, flushInterval: 0.05 }))
    counterOf(closed, jobs, key).inc(3)
    await closed.backend.close()
    await pause(200)
    expect(await server.ask('ZCOUNT', '{promhive}:beats', '1', '+inf')).toBe(0)
  })
})

async function scriptsRun(server: RedisServer): Promise<string[]> {
  const stats = String(await server.ask('INFO', 'commandstats'))
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=\d+/g)].map(([text]) => text)
}
