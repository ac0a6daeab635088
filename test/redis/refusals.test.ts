import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { libraries, type RedisLibrary } from '../../src/store/redis/client/own-client.js'
import { readRedisUrl } from '../../src/store/redis/client/redis-url.js'
import { settingsOf } from '../../src/store/redis/options.js'
import { overUrl } from '../../src/store/redis/own-connection.js'
import { RedisBackend } from '../../src/store/redis/redis-backend.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { freePort, hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const jobs = counterFamily('jobs_total')

/** Makes a server answer with an error; returns its address, and a function that makes it accept counts again. */
type Trouble = (stage: Stage) => Promise<{ readonly url: string; heal?(): Promise<unknown> }>

const config =
  (...words: readonly [name: string, bad: string, good: string][]): Trouble =>
  async (stage) => {
    const server = await RedisServer.start(stage)
    for (const [name, bad] of words) await server.ask('CONFIG', 'SET', name, bad)
    return {
      url: server.url,
      heal: async () => {
        for (const [name, , good] of words) await server.ask('CONFIG', 'SET', name, good)
      },
    }
  }

const troubles: Readonly<Record<string, Trouble>> = {
  async 'max number of clients reached'(stage) {
    const server = await RedisServer.start(stage)
    const holding = new Redis(server.url, { retryStrategy: () => null })
    stage.after(() => holding.disconnect())
    await holding.config('SET', 'maxclients', '1')
    return { url: server.url, heal: () => holding.config('SET', 'maxclients', '100') }
  },
  async NOAUTH(stage) {
    const server = await RedisServer.start(stage)
    await server.ask('CONFIG', 'SET', 'requirepass', 'sesame')
    return { url: server.url }
  },
  async WRONGPASS(stage) {
    const { url } = await RedisServer.start(stage)
    return { url: url.replace('//', '//metrics:wrong@') }
  },
  // Redis never refuses the loopback interface for this reason: these are the words that a server uses elsewhere.
  async 'DENIED Redis is running in protected mode'(stage) {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('-DENIED Redis is running in protected mode because protected mode is enabled\r\n')
      socket.destroySoon()
    })
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    stage.after(() => void server.close())
    return { url: `redis://127.0.0.1:${port}` }
  },
  async LOADING(stage) {
    const server = await RedisServer.start(stage, {
      args: [
        '--loading-process-events-interval-bytes',
        '1024',
        '--dbfilename',
        'dump.rdb',
        '--enable-debug-command',
        'yes',
      ],
    })
    await server.ask('DEBUG', 'POPULATE', '3000', 'key', '100')
    await server.ask('CONFIG', 'SET', 'key-load-delay', '1000')
    void server.ask('DEBUG', 'RELOAD').catch(() => {})
    await until(
      () => server.ask('GET', 'x').catch(String),
      (answer) => String(answer).includes('LOADING'),
    )
    return { url: server.url, heal: () => server.ask('CONFIG', 'SET', 'key-load-delay', '0') }
  },
  OOM: config(['maxmemory', '1', '0']),
  async MISCONF(stage) {
    const server = await RedisServer.start(stage)
    await server.ask('CONFIG', 'SET', 'save', '3600 100')
    rmSync(server.folder, { recursive: true, force: true })
    await server.ask('BGSAVE')
    await until(
      () => server.ask('SET', 'x', '1').catch(String),
      (answer) => String(answer).includes('MISCONF'),
    )
    return { url: server.url, heal: () => server.ask('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no') }
  },
  async READONLY(stage) {
    const server = await RedisServer.start(stage)
    await server.ask('REPLICAOF', '127.0.0.1', String(await freePort()))
    return { url: server.url, heal: () => server.ask('REPLICAOF', 'NO', 'ONE') }
  },
  async BUSY(stage) {
    const server = await RedisServer.start(stage, { args: ['--busy-reply-threshold', '50'] })
    void server.ask('EVAL', 'while true do end', '0').catch(() => {})
    await until(
      () => server.ask('GET', 'x').catch(String),
      (answer) => String(answer).includes('BUSY'),
    )
    return { url: server.url, heal: () => server.ask('SCRIPT', 'KILL') }
  },
}

describe.skipIf(!hasRedis)('the error of a Redis that accepts nothing', () => {
  test.for(Object.entries(troubles))(
    'reaches onError: %s',
    { timeout: 60_000 },
    async ([words, trouble], { stage }) => {
      const { url, heal } = await trouble(stage)
      const backends = libraries.map((library) => over(url, library))
      for (const backend of backends) {
        const each = participant(stage, backend)
        counterOf(each, jobs, JSON.stringify(['a'])).inc(2)
        expect(await backend.flush()).toBe(false)
        expect(each.faults[0]!.message).toContain(words)
      }
      await heal?.()
      if (heal !== undefined) for (const backend of backends) await until(() => backend.flush(), Boolean)
    },
  )
})

function over(url: string, library: RedisLibrary): RedisBackend {
  const connection = overUrl(readRedisUrl('redis', url), { connect: 4_000, command: 4_000 }, [library])
  return new RedisBackend(settingsOf({ flushInterval: 60 }), connection)
}
