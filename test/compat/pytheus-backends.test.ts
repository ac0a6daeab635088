import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, vi } from 'vitest'
import { MultiProcessFileBackend, SingleProcessBackend } from '../../src/backend.js'
import { Counter, configure, loadBackend, register } from '../../src/index.js'
import { MultiProcessRedisBackend } from '../../src/redis.js'
import { processContext } from '../../src/runtime/current-context.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { cwd } from '../helpers/http/shop.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const fileBackend = 'pytheus.backends.redis.MultiProcessFileBackend'

afterEach(() => {
  vi.unstubAllEnvs()
  configure({ backend: new MemoryBackend(), onError: () => {} })
})

describe('the directory backend under the name that pytheus documents', () => {
  test.for(['PYTHEUS', 'PROMHIVE'])('is what %s_BACKEND_CLASS names', async (word, { stage }) => {
    const config = join(stage.folder(), 'config.json')
    const dir = stage.directory()
    writeFileSync(config, JSON.stringify({ dir }))
    const env = { [`${word}_BACKEND_CLASS`]: fileBackend, [`${word}_BACKEND_CONFIG`]: config }
    const [one, two] = await Promise.all([
      stage.start('actor.mjs', { cwd, env }),
      stage.start('actor.mjs', { cwd, env }),
    ])
    await one.ask('count', 'jobs_total', {}, 2)
    await two.ask('count', 'jobs_total', {}, 3)
    for (const actor of [one, two]) {
      const seen = await until(
        async () => new Exposition(await actor.ask<string>('scrape')),
        (scrape) => scrape.value('jobs_total') === 5,
      )
      expect(seen.value('jobs_total')).toBe(5)
    }
    await two.kill()
    expect(new Exposition(await one.ask<string>('scrape')).value('jobs_total')).toBe(5)
    expect(await one.ask('faults')).toEqual([])
  })

  test('takes the directory of the variable if none is configured', ({ stage }) => {
    const dir = stage.directory()
    vi.stubEnv('PROMETHEUS_MULTIPROC_DIR', dir)
    loadBackend(fileBackend)
    expect(processContext().whereabouts()).toMatchObject({ directory: dir })
  })

  test.for(['dir', 'directory', 'path'])('is a class to import, and takes %s', async (option, { stage }) => {
    const dir = stage.directory()
    new Counter({ name: `before_${option}_total`, help: 'X.' }).inc(2)
    const backend = loadBackend(MultiProcessFileBackend, { [option]: dir })
    expect(backend).toBeInstanceOf(MultiProcessFileBackend)
    expect(processContext().whereabouts()).toEqual({ backend: backend!.name, directory: dir })
    new Counter({ name: `during_${option}_total`, help: 'X.' }).inc(3)
    const text = await register.metrics()
    expect(text).toContain(`before_${option}_total 2`)
    expect(text).toContain(`during_${option}_total 3`)
  })

  test.for([
    [{ dir: '' }, 'MultiProcessFileBackend: dir must be the path of a directory, got ""'],
    [{ dir: 7 }, 'MultiProcessFileBackend: dir must be the path of a directory, got 7'],
    [{ dirr: '/a' }, 'MultiProcessFileBackend: there is no option "dirr"; did you mean "dir"?'],
    [{ dir: '/a', path: '/b' }, 'dir, directory and path are the same option; give one of them'],
  ] as const)('refuses %o', ([options, text]) => {
    expect(() => loadBackend(MultiProcessFileBackend, options)).toThrow(text)
  })

  test('throws where the directory cannot be used', ({ stage }) => {
    const file = join(stage.folder(), 'file')
    writeFileSync(file, '')
    expect(() => loadBackend(MultiProcessFileBackend, { dir: file })).toThrow(file)
  })
})

describe('the names of pytheus’ backends', () => {
  test.each(['pytheus.backends.base.SingleProcessBackend', 'pytheus.backends.SingleProcessBackend'])(
    'lead to a counterpart (%s)',
    (name) => {
      expect(loadBackend(name)).toMatchObject({ name: 'memory' })
    },
  )

  test('that have none are refused, with the one that may be meant', () => {
    vi.stubEnv('PYTHEUS_BACKEND_CLASS', 'pytheus.backends.redis.MultiProcesRedisBackend')
    const text =
      'PYTHEUS_BACKEND_CLASS: pytheus.backends.redis.MultiProcesRedisBackend has no counterpart in promhive; did you mean MultiProcessRedisBackend?'
    expect(() => loadBackend()).toThrow(expect.objectContaining({ code: 'BACKEND_NOT_FOUND', message: text }))
  })

  test('are classes to import', () => {
    expect(loadBackend(SingleProcessBackend, {})).toBeInstanceOf(SingleProcessBackend)
    expect(processContext().whereabouts()).toEqual({ backend: 'memory' })
  })

  test.skipIf(!hasRedis)('of the Redis backend takes pytheus’ configuration', async ({ stage }) => {
    const { port, client } = await startRedis(stage)
    const options = { host: '127.0.0.1', port, key_prefix: 'shop', expire_key_time: 300 }
    const backend = loadBackend(MultiProcessRedisBackend, options) as MultiProcessRedisBackend
    stage.after(() => backend.close())
    expect(backend).toBeInstanceOf(MultiProcessRedisBackend)
    new Counter({ name: 'cache_hit_total', help: 'X.' }).inc(3)
    expect(await backend.flush()).toBe(true)
    expect(await register.metrics()).toContain('cache_hit_total 3')
    await client.connect()
    const keys = await client.keys('*')
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.filter((key) => !key.includes('shop'))).toEqual([])
  })
})
