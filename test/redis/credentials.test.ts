import { createServer } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, vi } from 'vitest'
import { Counter, configure, MetricsError, register } from '../../src/index.js'
import { Pushgateway } from '../../src/pushgateway.js'
import { type RedisOptions, redis } from '../../src/redis.js'
import { startRedisForwarder } from '../../src/redis-forwarder.js'
import { libraries, openClient } from '../../src/store/redis/client/own-client.js'
import { readRedisUrl } from '../../src/store/redis/client/redis-url.js'
import { promhive } from '../helpers/processes/command.js'
import { test } from '../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

/** Where nothing listens: its port was free a moment ago. */
async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** All properties that an error shows when it is printed. */
function shown(error: unknown): string {
  return inspect(error, { depth: 20, showHidden: true })
}

describe.skipIf(!hasRedis)('a password that Redis refuses', () => {
  test.for(libraries)('is not in the error of %s, nor in what caused it', async (library, { stage }) => {
    const server = await RedisServer.start(stage)
    await server.ask('ACL', 'SETUSER', 'default', 'resetpass', '>right')
    const url = server.url.replace('redis://', 'redis://:hush@')
    const refused = await openClient(readRedisUrl('redis', url), 2_000, [library]).catch((cause: unknown) => cause)
    const error = new MetricsError('FLUSH_FAILED', 'refused', { cause: refused })
    expect(shown(error)).toMatch(/WRONGPASS/)
    expect(shown(error)).not.toContain('hush')
  })
})

describe('an address of Redis', () => {
  test.for([
    ['http://user:hush@host', 'got one that begins with http:'],
    ['https://user:hush@host:6379', 'redis://, rediss:// or unix:///'],
    ['redis-sentinel://user:hush@host', 'a cluster is named by the URL of any of its nodes'],
    ['user:hush@host', 'got one that begins with user:'],
    ['//user:hush@host', 'got one without a scheme'],
    ['host', 'or unix:///: write redis://host'],
    ['redis://user:hush@host:port', 'cannot be read'],
    ['redis://user:hush', 'cannot be read'],
    ['redis://', 'cannot be read'],
    ['redis://user:hush%@host', 'write % as %25'],
    ['unix:hush', 'cannot be read'],
    ['unix:///run/redis.sock?db=hush', 'cannot be read'],
    ['', 'url must be a string'],
    [5, 'url must be a string'],
  ])('%j is refused, and no password shown', ([url, why]) => {
    for (const attempt of [() => redis({ url: url as string }), () => startRedisForwarder({ url: url as string })]) {
      let refused: unknown
      try {
        attempt()
      } catch (error) {
        refused = error
      }
      expect(refused).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining(why as string) })
      expect(shown(refused)).not.toContain('hush')
    }
  })

  test.for([
    ['redis://h', { url: 'redis://h' }],
    ['REDISS://u:p@h:7000/4', { url: 'rediss://u:p@h:7000/4' }],
    ['redis://u:a b@h', { url: 'redis://u:a%20b@h' }],
    ['redis://[::1]:7000', { url: 'redis://[::1]:7000' }],
    ['/run/redis.sock', { path: '/run/redis.sock', db: 0 }],
    ['unix:/run/redis.sock', { path: '/run/redis.sock', db: 0 }],
    ['unix:///run/redis.sock?db=3', { path: '/run/redis.sock', db: 3 }],
    ['unix://u:p%40@/run/redis.sock', { path: '/run/redis.sock', db: 0, username: 'u', password: 'p@' }],
  ])('%s is taken', ([url, place]) => {
    expect(readRedisUrl('redis', url)).toEqual(place)
  })
})

describe('a password', () => {
  test('of a Redis that is away is in no error, no warning and no cause', async ({ stage }) => {
    const port = await deadPort()
    const errors: MetricsError[] = []
    const warnings: Error[] = []
    const warned = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warned)
    stage.after(() => void process.off('warning', warned))
    const backend = redis({ url: `redis://user:hush@127.0.0.1:${port}`, flushInterval: 0.05 })
    configure({ backend, onError: (error) => errors.push(error) })
    stage.after(() => backend.close())
    new Counter({ name: 'masked_total', help: 'M.' }).inc()
    await backend.flush()
    await register.metrics()
    const forwarder = startRedisForwarder({ url: `redis://user:hush@127.0.0.1:${port}`, interval: 1000 })
    expect(await forwarder.forward()).toBe('failed')
    await forwarder.stop()
    const gateway = new Pushgateway(`http://user:hush@127.0.0.1:${port}`)
    errors.push(
      await gateway.push({ jobName: 'j' }).then(
        () => undefined as never,
        (error) => error,
      ),
    )
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['FLUSH_FAILED', 'FORWARD_FAILED', 'PUSH_FAILED']),
    )
    for (const each of [...errors, ...warnings]) expect(shown(each)).not.toContain('hush')
  })

  test('is not shown by the messages of either library about the address', async () => {
    for (const library of libraries) {
      // As it would come from a place that checks nothing.
      for (const url of ['http://user:hush@127.0.0.1:1', 'redis://user:hush@127.0.0.1:1', 'redis://user:hush@h:x']) {
        const fault = await openClient({ url }, 2_000, [library]).then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(fault, `${library} ${url}`).toBeInstanceOf(Error)
        expect(shown(new MetricsError('FLUSH_FAILED', (fault as Error).message, { cause: fault }))).not.toContain(
          'hush',
        )
      }
    }
  })

  test('is shown by no command', { timeout: 120_000 }, async ({ stage }) => {
    const folder = stage.folder()
    const env = {
      REDIS_PASSWORD: 'hush',
      REDIS_HOST: 'redis://user:hush@host',
      PROMHIVE_STATS: 'http://user:hush@host',
      PROMHIVE_HOOKS: 'https://user:hush@host/hooks.mjs',
      PROMHIVE_METRICS_PORT: 'tcp://user:hush@host:1',
      PROMHIVE_BIND: 'http://user:hush@host',
    }
    const { PROMHIVE_STATS, PROMHIVE_METRICS_PORT, PROMHIVE_BIND, ...valid } = env
    const commands: [string[], Record<string, string>][] = [
      [['config', 'explain'], valid],
      [['config', 'explain', '--json'], valid],
      [['config', 'explain'], { PROMHIVE_STATS }],
      [['config', 'explain'], { PROMHIVE_METRICS_PORT }],
      [['config', 'explain'], { PROMHIVE_BIND }],
      [['doctor', folder], env],
      [['stats', 'http://user:hush@127.0.0.1:1/'], {}],
      [['stats', 'redis://user:hush@127.0.0.1:1/'], {}],
    ]
    for (const [args, variables] of commands) {
      const { output, errors } = await promhive(stage, args, variables)
      expect(output + errors, args.join(' ')).not.toBe('')
      expect(output + errors, args.join(' ')).not.toContain('hush')
    }
  })
})

describe.runIf(hasRedis)('a socket of this machine', () => {
  test.for(['unix://', ''])('as %s/path is counted over', async (prefix, { stage }) => {
    const path = join(stage.folder(), 'redis.sock')
    const server = await RedisServer.start(stage, { args: ['--unixsocket', path] })
    const flushed = async (options: RedisOptions): Promise<boolean> => {
      const backend = redis({ ...options, keyPrefix: 'socket' })
      stage.after(() => backend.close())
      backend.begin?.({ onError() {}, onRemoved() {} })
      backend.openStore()
      return backend.flush()
    }
    expect(await flushed({ url: `${prefix}${path}` })).toBe(true)
    // The secret beside the address: in code, and in a variable.
    await server.ask('ACL', 'SETUSER', 'metrics', 'on', '>s:3@', '~*', '+@all')
    expect(await flushed({ url: `${prefix}${path}`, username: 'metrics', password: 'wrong' })).toBe(false)
    expect(await flushed({ url: `${prefix}${path}`, username: 'metrics', password: 's:3@' })).toBe(true)
    const variables = { URL: `${prefix}${path}`, USERNAME: 'metrics', PASSWORD: 's:3@' }
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(`PROMHIVE_REDIS_${name}`, value)
    expect(await flushed({})).toBe(true)
    vi.stubEnv('PROMHIVE_REDIS_PASSWORD', 'wrong')
    expect(await flushed({})).toBe(false)
    vi.unstubAllEnvs()
    for (const library of libraries) {
      const { client, destroy } = await openClient(readRedisUrl('redis', path), 2_000, [library])
      expect(await (client as { ping(): Promise<string> }).ping()).toBe('PONG')
      destroy()
    }
  })
})
