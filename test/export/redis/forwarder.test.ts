import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect } from 'vitest'
import { settingsOf } from '../../../src/export/redis/forwarder-options.js'
import { wordsOver } from '../../../src/export/redis/redis-commands.js'
import { startRedisForwarder } from '../../../src/redis-forwarder.js'
import { RedisConnections } from '../../../src/store/redis/client/connections.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { hasRedis } from '../../helpers/redis/redis-server.js'
import { startRedis } from '../../helpers/redis/started-redis.js'

const program = fileURLToPath(new URL('programs/forwards.mjs', import.meta.url))

describe.runIf(hasRedis)('the Redis forwarder', () => {
  test('writes the exposition to latest and to a key of its time, and describes it in the metadata', async ({
    stage,
  }) => {
    const { port, client } = await startRedis(stage)
    await client.set('promhive:metrics:1', 'a stranger’s')
    const dir = stage.directory()
    const env = {
      PROMHIVE_DIR: dir,
      REDIS_ENABLED: 'on',
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(port),
      REDIS_DB: '3',
    }
    const [one, two] = [await stage.start(program, { env }), await stage.start(program, { env })]
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    // Longer than this test can take: nothing is forwarded but at the start and at the end.
    expect(await two.ask('start', { interval: 2_000 })).toBe(true)
    await client.select(3)
    // It is the last to come.
    const metadata = JSON.parse(
      (await until(
        () => client.get('promhive:metrics:metadata'),
        (text) => text !== null,
      ))!,
    )
    const latest = await client.get('promhive:metrics:latest')
    expect(new Exposition(latest!).value('jobs_total')).toBe(7)
    expect(metadata).toMatchObject({
      host: '127.0.0.1',
      port,
      interval: 2_000,
      contentType: expect.stringMatching(/^text\/plain/),
    })
    expect(metadata.bytes).toBe(Buffer.byteLength(latest!))
    expect(metadata.forwarder).toContain(String(two.pid))
    const dated = `promhive:metrics:${metadata.timestamp}`
    expect(await client.get(dated)).toBe(latest)
    expect(await client.ttl(dated)).toBeGreaterThan(5_800)
    expect(await client.ttl(dated)).toBeLessThanOrEqual(6_000)
    expect([await client.ttl('promhive:metrics:latest'), await client.ttl('promhive:metrics:metadata')]).toEqual([
      -1, -1,
    ])
    // Nothing else was touched, and nothing deleted; the store counts on.
    expect((await client.keys('*')).sort()).toEqual([
      dated,
      'promhive:metrics:forwarder',
      'promhive:metrics:latest',
      'promhive:metrics:metadata',
    ])
    await client.select(0)
    expect(await client.get('promhive:metrics:1')).toBe('a stranger’s')
    await one.ask('count', 'jobs_total', {}, 10)
    await client.select(3)
    await two.ask('stop')
    expect(new Exposition((await client.get('promhive:metrics:latest'))!).value('jobs_total')).toBe(17)
    expect(await one.ask('scrape')).toContain('promhive_redis_forwards_total{result="ok"} 2')
  })

  test('continues at its interval, in one process of all that call it, and in another when that one has ended', async ({
    stage,
  }) => {
    const { port, client } = await startRedis(stage)
    // A second: the process that forwards loses its turn after two and a half without processor, to any other process.
    const options = { host: '127.0.0.1', port, interval: 1, keyPrefix: 'shop:' }
    const env = { PROMHIVE_DIR: stage.directory() }
    const actors = await Promise.all([1, 2, 3].map(() => stage.start(program, { env })))
    for (const actor of actors) await actor.ask('start', options)
    const metadata = async (): Promise<{ forwarder: string; timestamp: number }> =>
      JSON.parse((await client.get('shop:metadata')) ?? '{"forwarder":""}')
    const forwarder = async (): Promise<string> => (await metadata()).forwarder
    const first = await until(forwarder, (name) => name !== '')
    const seen = new Set<string>()
    const times = new Set<number>()
    await until(metadata, ({ forwarder, timestamp }) => seen.add(forwarder) && times.add(timestamp).size === 4)
    expect([...seen]).toEqual([first])
    const results = await until(
      () => Promise.all(actors.map((actor) => actor.ask('last'))),
      (results) => !results.includes(undefined),
    )
    expect(results.sort()).toEqual(['ok', 'standby', 'standby'])
    const leader = actors.find(({ pid }) => first.includes(`-${pid}-`))!
    await leader.ask('count', 'jobs_total', {}, 5)
    await leader.kill()
    await until(forwarder, (name) => name !== first)
    const latest = await until(
      async () => new Exposition((await client.get('shop:latest'))!),
      (seen) => seen.value('jobs_total') !== undefined,
    )
    expect(latest.value('jobs_total')).toBe(5)
  })

  test('does not affect the application while Redis is unreachable, reports it, and continues when it is back', async ({
    stage,
  }) => {
    const { server } = await startRedis(stage)
    await server.kill()
    const actor = await stage.start(program)
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('start', { url: server.url, interval: 0.2 })
    const text = await until(
      () => actor.ask<string>('scrape'),
      (scrape) => /promhive_redis_forwards_total\{result="failed"\} (?:[2-9]|\d\d)/.test(scrape),
    )
    expect(text).toContain('jobs_total 3')
    const [fault] = await actor.ask<{ code: string; message: string }[]>('faults')
    expect(fault).toMatchObject({
      code: 'FORWARD_FAILED',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ \(.*ECONNREFUSED/),
    })
    // Warned of once, however often it happens.
    expect(await actor.ask('warnings')).toHaveLength(1)
    await server.launch()
    await until(
      () => actor.ask('last'),
      (last) => last === 'ok',
    )
  })

  test('does not delay a process that ends', async ({ stage }) => {
    const { port } = await startRedis(stage)
    const actor = await stage.start(program)
    await actor.ask('start', { host: '127.0.0.1', port, interval: 1000 })
    await actor.ask('forward')
    actor.child.disconnect()
    // Not after a thousand seconds, which this test does not have.
    expect((await actor.ended).signal).toBeNull()
  })

  test('takes a client of the user’s, of either library, and leaves it open', async ({ stage }) => {
    const { port, url, client } = await startRedis(stage)
    const io = new Redis(port, '127.0.0.1')
    stage.after(() => io.disconnect())
    const node = createClient({ url })
    await node.connect()
    stage.after(() => node.destroy())
    for (const [i, own] of [io, node].entries()) {
      const forwarder = startRedisForwarder({ client: own, keyPrefix: `${i}:`, interval: 5, registry: shows('x 1\n') })
      expect(await forwarder.forward()).toBe('ok')
      await forwarder.stop()
      await forwarder.stop()
      expect(await client.get(`${i}:latest`)).toBe('x 1\n')
      expect(JSON.parse((await client.get(`${i}:metadata`))!)).not.toHaveProperty('host')
      expect(forwarder.running).toBe(false)
    }
    expect([await io.ping(), await node.ping()]).toEqual(['PONG', 'PONG'])
  })

  test('is started by a supervisor’s redisWhenReady, with the settings of the environment', async ({ stage }) => {
    const { port, client } = await startRedis(stage)
    const supervised = fileURLToPath(new URL('programs/supervised-forwarder.mjs', import.meta.url))
    const env = {
      ...{ PROMHIVE_DIR: stage.directory(), REDIS_ENABLED: '1', REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port) },
      ...{ REDIS_KEY_PREFIX: 'gunicorn:metrics:', REDIS_FORWARD_INTERVAL: '1' },
    }
    const actor = stage.launch(supervised, { env })
    const latest = await until(
      () => client.get('gunicorn:metrics:latest'),
      (text) => text?.includes('jobs_total 10') === true,
    )
    expect(new Exposition(latest!).value('jobs_total')).toBe(10)
    actor.child.kill('SIGTERM')
    await actor.ended
  })

  test('does not fill the queue of a client that is not connected', async ({ stage }) => {
    const { port } = await startRedis(stage)
    const io = new Redis(port, '127.0.0.1')
    io.disconnect()
    const forwarder = startRedisForwarder({ client: io, registry: shows('x 1\n') })
    expect(await forwarder.forward()).toBe('failed')
    await forwarder.stop()
  })

  test('sends a password, and reports when it is wrong', async ({ stage }) => {
    const { port, client } = await startRedis(stage)
    await client.config('SET', 'requirepass', 'sesame')
    const options = { host: '127.0.0.1', port, interval: 9, forwards: 'each' as const, registry: shows('x 1\n') }
    const right = startRedisForwarder({ ...options, password: 'sesame' })
    expect(await right.forward()).toBe('ok')
    await right.stop()
    const wrong = startRedisForwarder({ ...options, url: `redis://:wrong@127.0.0.1:${port}/0` })
    expect(await wrong.forward()).toBe('failed')
    await wrong.stop()
  })

  test('connects with whichever library there is', async ({ stage }) => {
    const { port, client } = await startRedis(stage)
    for (const library of ['ioredis', 'redis'] as const) {
      const place = { host: '127.0.0.1', port, db: 1, tls: undefined }
      const redis = wordsOver(new RedisConnections(place, { connect: 5_000, command: 5_000 }, [library]))
      await redis.set(library, Buffer.from('text'), 100)
      expect(await redis.setNew(library, 'other', 100)).toBe(false)
      expect(await redis.get(library)).toBe('text')
      redis.end()
    }
    await client.select(1)
    expect((await client.keys('*')).sort()).toEqual(['ioredis', 'redis'])
    const nowhere = { host: '127.0.0.1', port: 1, db: 0, tls: undefined }
    const redis = wordsOver(new RedisConnections(nowhere, { connect: 5_000, command: 5_000 }, ['redis']))
    await expect(redis.get('x')).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('the settings of the Redis forwarder', () => {
  test('are those of the third document by default', () => {
    expect(settingsOf({}, {})).toMatchObject({
      enabled: false,
      address: { host: 'localhost', port: 6379, db: 0 },
      interval: 30,
      keyPrefix: 'promhive:metrics:',
      forwards: 'one',
    })
  })

  test('come from the options before the environment', () => {
    const environment = {
      REDIS_ENABLED: 'true',
      REDIS_HOST: 'redis.internal',
      REDIS_PORT: '7000',
      REDIS_DB: '2',
      REDIS_PASSWORD: 'p@ss:word/1',
      REDIS_FORWARD_INTERVAL: '15',
      REDIS_KEY_PREFIX: 'gunicorn:metrics:',
    }
    expect(settingsOf({}, environment)).toMatchObject({
      enabled: true,
      address: { host: 'redis.internal', port: 7000, db: 2, password: 'p@ss:word/1' },
      interval: 15,
      keyPrefix: 'gunicorn:metrics:',
    })
    const options = { enabled: false, host: 'h', port: 1, db: 0, password: 'x', interval: 1, keyPrefix: 'a' }
    expect(settingsOf(options, environment)).toMatchObject({
      enabled: false,
      address: { host: 'h', port: 1, db: 0, password: 'x' },
      interval: 1,
      keyPrefix: 'a',
    })
    expect(settingsOf({ url: 'rediss://u:p%40x@[::1]:7001/4' }, {}).address).toEqual({
      ...{ host: '::1', port: 7001, db: 4, username: 'u', password: 'p@x', tls: {} },
    })
    expect(settingsOf({ host: 'somewhere' }, {}).enabled).toBe(true)
    expect(settingsOf({ host: 'somewhere' }, { REDIS_ENABLED: 'off' }).enabled).toBe(false)
    expect(startRedisForwarder({}).running).toBe(false)
  })

  test('do not add to an address in code, and the variable that Kubernetes sets for a service is not a port', () => {
    const lines: string[] = []
    const of = (options: object, port: string) => {
      const { address } = settingsOf(options, { REDIS_PORT: port, REDIS_HOST: 'elsewhere' }, (text) => lines.push(text))
      return address
    }
    expect(of({}, 'tcp://10.0.0.1:6379')).toMatchObject({ host: 'elsewhere', port: 6379 })
    expect(lines).toEqual([expect.stringContaining('REDIS_PORT=tcp://10.0.0.1:6379 is what Kubernetes sets')])
    expect(of({ url: 'redis://here:7' }, 'no port at all')).toMatchObject({ host: 'here', port: 7 })
    expect(of({ url: 'redis://here:7' }, 'tcp://10.0.0.1:6379')).toMatchObject({ host: 'here', port: 7 })
    expect(lines).toHaveLength(1)
  })

  test.for([
    [{}, { REDIS_ENABLED: 'perhaps' }, 'REDIS_ENABLED must be true or false, got "perhaps"'],
    [{}, { REDIS_PORT: '63 79' }, 'REDIS_PORT must be a whole number from 1 to 65535, got "63 79"'],
    [{}, { REDIS_DB: '-1' }, 'REDIS_DB must be a whole number'],
    [{}, { REDIS_FORWARD_INTERVAL: '30s' }, 'REDIS_FORWARD_INTERVAL must be a number of seconds'],
    [{ port: 70_000 }, {}, 'port must be a whole number from 1 to 65535, got 70000'],
    [{ interval: 0 }, {}, 'interval must be a number of seconds'],
    [{ url: 'http://x' }, {}, 'url must begin with redis://, rediss:// or unix:///'],
    [{ forwards: 'all' as 'each' }, {}, 'forwards is one or each'],
    [{ client: 'redis' as unknown as object }, {}, 'client must be a client'],
  ] as const)('are refused by name: %j %j', ([options, environment, text]) => {
    expect(() => settingsOf(options, environment)).toThrow(text)
  })

  test('a client of neither library is refused at once', () => {
    expect(() => startRedisForwarder({ client: {} })).toThrow(/client must be one of the packages redis/)
  })
})

function shows(text: string) {
  return { expose: async () => ({ contentType: 'text/plain', chunks: [Buffer.from(text)] }) }
}
