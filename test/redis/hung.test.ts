import { connect } from 'node:net'
import { describe, expect } from 'vitest'
import { redis } from '../../src/redis.js'
import { libraries, openClient, type RedisLibrary } from '../../src/store/redis/client/own-client.js'
import { readRedisUrl } from '../../src/store/redis/client/redis-url.js'
import { overClient } from '../../src/store/redis/clients.js'
import { settingsOf } from '../../src/store/redis/options.js'
import { overUrl } from '../../src/store/redis/own-connection.js'
import { RedisBackend } from '../../src/store/redis/redis-backend.js'
import { Script } from '../../src/store/redis/script.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { ways } from '../helpers/redis/clients.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const limits = { connect: 200, command: 200 }
const settings = settingsOf({
  // Only what a test asks for is sent.
  flushInterval: 60,
  connectTimeout: 0.2,
  commandTimeout: 0.2,
  scrapeTimeout: 0.1,
  closeTimeout: 0.2,
})
const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])

describe.skipIf(!hasRedis)('a backend that is closed', { concurrent: true }, () => {
  test('waits no longer than closeTimeout for a server that hangs, also with perHost', async ({ stage }) => {
    const proxy = await LossyProxy.start(stage, 1)
    proxy.hang()
    for (const perHost of [false, true]) {
      const dir = stage.directory()
      const backend = redis({ url: proxy.url, perHost, ...(perHost && { dir }), closeTimeout: 0.3, connectTimeout: 20 })
      backend.begin?.({ onError() {}, onRemoved() {} } as never)
      counterOf({ store: backend.openStore() }, jobs, key).inc()
      const start = performance.now()
      await backend.close()
      expect(performance.now() - start).toBeLessThan(5_000)
    }
  })

  test('makes no connection again', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const connection = overUrl({ url: server.url }, limits)
    await connection.close()
    await expect(connection.run(new Script('return 1'), ['key'], [])).rejects.toThrow('the connection was closed')
  })
})

describe.skipIf(!hasRedis)('a connection that is accepted and then silent', { concurrent: true }, () => {
  test.for(libraries)('times out with %s, and is closed', async (library, { stage }) => {
    const proxy = await LossyProxy.start(stage, 1)
    proxy.hang()
    const { port } = proxy
    const tls = { host: '127.0.0.1', port, db: 0, tls: {} }
    for (const place of [{ url: proxy.url }, { url: `rediss://127.0.0.1:${port}` }, tls]) {
      await expect(openClient(place, 200, [library])).rejects.toThrow('no answer within 0.2 s')
    }
    // Also one that the caller aborts before its time limit.
    const giveUp = new AbortController()
    const opening = openClient({ url: proxy.url }, 60_000, [library], giveUp.signal)
    await until(
      () => proxy.connections,
      (count) => count > 0,
    )
    giveUp.abort()
    await expect(opening).rejects.toThrow('closed')
    await until(
      () => proxy.connections,
      (count) => count === 0,
    )
  })

  test.for(libraries)(
    'costs %s no count, and another one takes its place',
    { timeout: 60_000 },
    async (library, { stage }) => {
      const server = await RedisServer.start(stage)
      const proxy = await LossyProxy.start(stage, server.port)
      const backend = over(proxy.url, library)
      const each = participant(stage, backend)
      counterOf(each, jobs, key).inc(1)
      await until(() => backend.flush(), Boolean)
      proxy.hang()
      for (let i = 0; i < 5; i++) {
        counterOf(each, jobs, key).inc(1)
        expect(await backend.flush()).toBe(false)
        // An aborted connection is closed: at most one is being opened.
        expect(proxy.connections).toBeLessThanOrEqual(2)
      }
      proxy.wake()
      await until(() => backend.flush(), Boolean)
      expect((await each.read()).total('jobs_total')).toBe(6)
      await until(
        () => proxy.connections,
        (count) => count === 1,
      )
    },
  )
})

describe.concurrent('a job that meets a silent connection', () => {
  test('ends by itself', { timeout: 60_000 }, async ({ stage }) => {
    const proxy = await LossyProxy.start(stage, 1)
    proxy.hang()
    // Connecting alone may take far longer: the job waits for its last flush, and no longer.
    const env = { PROMHIVE_REDIS_CONNECT_TIMEOUT: '1000', PROMHIVE_REDIS_CLOSE_TIMEOUT: '0.3' }
    const job = stage.launch('redis-short.mjs', { args: [proxy.url, '5'], env })
    expect(await job.ended).toEqual({ code: 0, signal: null })
  })
})

describe.skipIf(!hasRedis || process.platform !== 'linux')('a server that answers no attempt to connect', () => {
  test('times out with each library, and a job ends by itself', { timeout: 60_000 }, async ({ stage }) => {
    const port = await unansweredPort(stage)
    for (const library of libraries) {
      for (const url of [`redis://127.0.0.1:${port}`, `rediss://127.0.0.1:${port}`]) {
        await expect(openClient({ url }, 200, [library])).rejects.toThrow('no answer within 0.2 s')
      }
    }
    // An attempt to connect keeps a process running, which no option of a socket can change: its time limit ends it.
    const env = { PROMHIVE_REDIS_CONNECT_TIMEOUT: '0.5', PROMHIVE_REDIS_CLOSE_TIMEOUT: '0.3' }
    const begun = performance.now()
    const job = stage.launch('redis-short.mjs', { args: [`redis://127.0.0.1:${port}`, '5'], env })
    expect(await job.ended).toEqual({ code: 0, signal: null })
    // The kernel tries for two minutes.
    expect(performance.now() - begun).toBeLessThan(40_000)
  })
})

describe.skipIf(!hasRedis)('a Redis that is suspended', { concurrent: true }, () => {
  test.for(['url', 'ioredis', 'redis'])(
    'is left after the time limit, and counted in again: %s',
    { timeout: 60_000 },
    async (way, { stage }) => {
      const server = await RedisServer.start(stage)
      const backend = await backendOf(stage, way, server.url)
      const each = participant(stage, backend)
      const job = counterOf(each, jobs, key)
      job.inc(1)
      await until(() => backend.flush(), Boolean)
      const before = await scriptsRun(server)
      process.kill(server.pid, 'SIGSTOP')
      let attempts = 0
      const end = performance.now() + 2_500
      while (attempts < 8 || performance.now() < end) {
        job.inc(1)
        const [flushed, { errors }] = [await backend.flush(), await each.read()]
        expect([flushed, errors.length]).toEqual([false, 1])
        attempts++
      }
      process.kill(server.pid, 'SIGCONT')
      // The commands that waited in the client and in the socket have run once the number does not change.
      let run = -1
      await until(
        async () => {
          const last = run
          await pause(100)
          run = (await scriptsRun(server)) - before
          return run === last
        },
        (stays) => stays,
      )
      // Of each kind one was waiting, and one more that was sent before the first was late.
      expect(run).toBeLessThanOrEqual(6)
      await until(() => backend.flush(), Boolean)
      expect((await each.read()).total('jobs_total')).toBe(1 + attempts)
    },
  )
})

/** The port of a suspended server whose backlog is full: the kernel drops what asks for another connection. */
async function unansweredPort(stage: Stage): Promise<number> {
  const server = await RedisServer.start(stage, { args: ['--tcp-backlog', '1'] })
  process.kill(server.pid, 'SIGSTOP')
  for (let waiting = 0; waiting < 50; waiting++) {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {})
    stage.after(() => void socket.destroy())
    const connected = new Promise((resolve) => socket.once('connect', () => resolve(true)))
    if (!(await Promise.race([connected, pause(300)]))) return server.port
  }
  throw new Error('the backlog takes every connection')
}

function over(url: string, library: RedisLibrary): RedisBackend {
  return new RedisBackend(settings, overUrl(readRedisUrl('redis', url), limits, [library]))
}

async function backendOf(stage: Stage, way: string, url: string): Promise<RedisBackend> {
  const { client } = await ways[way]!(stage, url)
  return client === undefined
    ? over(url, 'ioredis')
    : new RedisBackend(settings, overClient(client, settings.commandTimeout))
}

/** How many scripts the server has been asked to run. */
async function scriptsRun(server: RedisServer): Promise<number> {
  const info = String(await server.ask('INFO', 'commandstats'))
  return [...info.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}
