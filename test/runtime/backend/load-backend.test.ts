import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, vi } from 'vitest'
import { Counter, configure, loadBackend, register } from '../../../src/index.js'
import { MetricsError } from '../../../src/model/errors.js'
import type { BackendConfig } from '../../../src/runtime/backend/backend-config.js'
import { counterpartOf } from '../../../src/runtime/backend/pytheus-names.js'
import { processContext } from '../../../src/runtime/current-context.js'
import { MemoryBackend } from '../../../src/store/memory/memory-backend.js'
import { checkRedisOptions } from '../../../src/store/redis/options.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { hasRedis } from '../../helpers/redis/redis-server.js'
import { startRedis } from '../../helpers/redis/started-redis.js'

class Own extends MemoryBackend {
  override readonly name = 'own'
  constructor(readonly config: object) {
    super()
  }
}

/** Modules of an application: a folder to find them in. */
function modules(stage: Stage, files: Readonly<Record<string, string>>): string {
  const folder = stage.folder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const store = '{ openStore() {}, openSource() {} }'
const cjs = `
class Named { constructor(config) { this.config = config; this.name = 'named' } openStore() { return globalThis.someStore } openSource() {} }
module.exports = { Named, helper: 1 }
`

afterEach(() => {
  vi.unstubAllEnvs()
  configure({ backend: new MemoryBackend(), onError: () => {} })
})

describe('loadBackend', () => {
  test('takes a class and its configuration, an instance, or a function', async () => {
    const made = loadBackend(Own, { a: 1 }) as Own
    expect(made.config).toEqual({ a: 1 })
    expect(processContext().whereabouts().backend).toBe('own')
    expect(loadBackend(made)).toBe(made)
    expect((loadBackend((config: object) => new Own(config), { b: 2 }) as Own).config).toEqual({ b: 2 })
    new Counter({ name: 'carried_total', help: 'X.' }).inc(3)
    loadBackend(Own, {})
    expect(await register.metrics()).toContain('carried_total 3')
  })

  test('knows pytheus’ own backends by name, and takes their configuration', () => {
    vi.stubEnv('PYTHEUS_BACKEND_CLASS', 'pytheus.backends.base.SingleProcessBackend')
    expect(loadBackend()).toMatchObject({ name: 'memory' })
    const redis = counterpartOf('pytheus.backends.redis.MultiProcessRedisBackend')!
    expect(redis.choice).toBe('promhive/redis#redis')
    const optionsOf = (config: BackendConfig) => checkRedisOptions(redis.config(config))
    expect(optionsOf({ host: 'h', port: 7000, key_prefix: 'shop', expire_key_time: 300, shards: 2 })).toEqual({
      url: 'redis://h:7000/0',
      keyPrefix: 'shop',
      expireKeyTime: 300,
      shards: 2,
    })
    expect(optionsOf({ host: '', db: 2, password: 'a@b' })).toEqual({ url: 'redis://:a%40b@localhost:6379/2' })
    expect(optionsOf({ host: 'h', url: 'redis://other' })).toEqual({ url: 'redis://other' })
    expect(counterpartOf('toString')).toBeUndefined()
  })

  test('throws for a class that cannot be initialised, and leaves the backend as it was', () => {
    const before = processContext().whereabouts()
    class Refusing {
      static initialize(): void {
        throw new Error('no password')
      }
      inc(): void {}
      dec(): void {}
      set(): void {}
      get(): number {
        return 0
      }
    }
    expect(() => loadBackend(Refusing)).toThrow(
      expect.objectContaining({
        code: 'BACKEND_CONFIG_INVALID',
        message: 'Refusing could not be initialised with its configuration (no password)',
      }),
    )
    expect(processContext().whereabouts()).toEqual(before)
  })

  test('without anything leaves the choice to promhive', () => {
    expect(loadBackend()).toBeUndefined()
    expect(processContext().whereabouts().backend).toBe('memory')
  })

  test.for([
    ['PROMHIVE_BACKEND_CLASS', 'PROMHIVE_BACKEND_CONFIG'],
    ['PYTHEUS_BACKEND_CLASS', 'PYTHEUS_BACKEND_CONFIG'],
  ] as const)('looks at %s and %s, argument over environment, each by itself', ([ofClass, ofConfig], { stage }) => {
    const folder = modules(stage, { 'x.cjs': cjs, 'config.json': '{"from":"file"}' })
    globalThis.someStore = new MemoryBackend().openStore()
    vi.stubEnv(ofClass, `${folder}/x.cjs#Named`)
    expect(loadBackend()).toMatchObject({ name: 'named', config: {} })
    vi.stubEnv(ofConfig, `${folder}/config.json`)
    expect(loadBackend()).toMatchObject({ name: 'named', config: { from: 'file' } })
    expect(loadBackend(undefined, { from: 'argument' })).toMatchObject({ config: { from: 'argument' } })
    expect(loadBackend(Own)).toMatchObject({ name: 'own', config: { from: 'file' } })
    // Ours before pytheus'.
    vi.stubEnv('PROMHIVE_BACKEND_CLASS', 'promhive/backend#MemoryBackend')
    expect(loadBackend()).toMatchObject({ name: 'memory' })
  })

  test.for([
    ['the only export that is a class', 'x.cjs', cjs, ''],
    [
      'the one of several with the name of the module',
      'x.mjs',
      `export function x() { return ${store} }; export class Y {}`,
      '',
    ],
    [
      'the default export of an ES module',
      'x.mjs',
      `export default ${store}; export const other = 1`.replace('export default', 'const made ='),
      '',
    ],
    ['module.exports itself', 'x.cjs', `module.exports = class { openStore() {} openSource() {} }`, ''],
    ['a function that makes one', 'x.mjs', `export function make() { return ${store} }`, '#make'],
    ['an instance', 'x.mjs', `export const made = ${store}`, '#made'],
  ] as const)('finds %s', ([what, name, text, exported], { stage }) => {
    const source = what.startsWith('the default')
      ? `export default class { openStore() {} openSource() {} }; export const other = 1`
      : text
    const folder = modules(stage, { [name]: source })
    vi.stubEnv('PROMHIVE_BACKEND_CLASS', '')
    for (const place of [join(folder, name), pathToFileURL(join(folder, name)).href]) {
      const spy = vi.spyOn(processContext(), 'useBackend').mockImplementation((backend) => backend)
      try {
        expect(loadBackend(`${place}${exported}`)).toHaveProperty('openStore')
      } finally {
        spy.mockRestore()
      }
    }
  })

  test.for([
    ['there is no such module', './nowhere.js', 'BACKEND_NOT_FOUND', /there is no module \.\/nowhere\.js/],
    [
      'there is no such package',
      'no-such-package-here',
      'BACKEND_NOT_FOUND',
      /there is no module no-such-package-here/,
    ],
    [
      'the module has no such export',
      '<folder>/x.cjs#Missing',
      'BACKEND_NOT_FOUND',
      /exports no Missing \(it exports Named, helper\)/,
    ],
    ['several exports could be meant', '<folder>/two.mjs', 'BACKEND_NOT_FOUND', /two\.mjs#Name \(it exports A, B\)/],
    ['nothing in it could be a backend', '<folder>/none.mjs', 'BACKEND_INVALID', /which export of/],
    ['the export is no backend', '<folder>/x.cjs#helper', 'BACKEND_INVALID', /is not a backend: it needs openStore/],
    ['the class makes none', '<folder>/other.mjs#Other', 'BACKEND_INVALID', /Other is not a backend/],
    ['the module throws', '<folder>/throws.cjs', 'BACKEND_NOT_FOUND', /cannot be loaded: out of luck/],
    ['the module waits', '<folder>/waits.mjs', 'BACKEND_NOT_FOUND', /top-level await/],
    [
      'the class does not take its configuration',
      '<folder>/throws.mjs#Throws',
      'BACKEND_CONFIG_INVALID',
      /host is missing/,
    ],
  ] as const)('names the fault when %s', ([, choice, code, text], { stage }) => {
    const folder = modules(stage, {
      'x.cjs': cjs,
      'two.mjs': 'export class A {}\nexport class B {}',
      'none.mjs': 'export const a = 1',
      'other.mjs': 'export class Other {}',
      'throws.cjs': 'throw new Error("out of luck")',
      'waits.mjs': 'await 1\nexport default class {}',
      'throws.mjs':
        'export class Throws { constructor() { throw new Error("host is missing") } openStore() {} openSource() {} }',
    })
    vi.stubEnv('PROMHIVE_BACKEND_CLASS', choice.replace('<folder>', folder))
    const fault = faultOf(() => loadBackend())
    expect(fault).toMatchObject({ code })
    expect(fault.message).toMatch(text)
    expect(fault.message).toMatch(/^PROMHIVE_BACKEND_CLASS: /)
    // Passed as an argument, it is a fault of the argument.
    expect(faultOf(() => loadBackend(choice.replace('<folder>', folder))).message).toMatch(/^loadBackend: /)
  })

  test.for([
    ['is not there', undefined, /cannot be read \(ENOENT/],
    ['is not JSON', '{"a":', /is not JSON/],
    ['is no object', '[1]', /must hold an object of options, not an array of 1/],
  ] as const)('names the variable whose configuration %s', ([, text, expected], { stage }) => {
    const path = join(modules(stage, text === undefined ? {} : { 'config.json': text }), 'config.json')
    vi.stubEnv('PROMHIVE_BACKEND_CONFIG', path)
    const fault = faultOf(() => loadBackend(Own))
    expect(fault).toMatchObject({ code: 'BACKEND_CONFIG_INVALID' })
    expect(fault.message).toMatch(/^PROMHIVE_BACKEND_CONFIG: /)
    expect(fault.message).toMatch(expected)
    // With its own configuration, the file is not read.
    expect(loadBackend(Own, {})).toBeInstanceOf(Own)
    rmSync(path, { force: true })
  })
})

describe('a process whose environment names a backend', () => {
  test('counts in it from the first count on', async ({ stage }) => {
    const folder = stage.folder()
    const env = {
      PROMHIVE_BACKEND_CLASS: './examples/backends/files-backend.mjs',
      PROMHIVE_BACKEND_CONFIG: join(modules(stage, { 'c.json': JSON.stringify({ folder, flushEvery: 20 }) }), 'c.json'),
    }
    const [one, two] = [await stage.start('actor.mjs', { env }), await stage.start('actor.mjs', { env })]
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    for (const actor of [one, two]) {
      await vi.waitFor(async () => expect(await actor.ask('scrape')).toContain('jobs_total 7'), { timeout: 30_000 })
      expect(await actor.ask('faults')).toEqual([])
    }
  })

  test.runIf(hasRedis).for([
    ['promhive/redis', (port: number) => ({ url: `redis://127.0.0.1:${port}`, flushInterval: 0.05 })],
    [
      'pytheus.backends.redis.MultiProcessRedisBackend',
      (port: number) => ({ host: '127.0.0.1', port, key_prefix: 'shop', expire_key_time: 300 }),
    ],
  ] as const)('counts in Redis by the name %s', async ([name, configOf], { stage }) => {
    const { port } = await startRedis(stage)
    const env = {
      PYTHEUS_BACKEND_CLASS: name,
      PYTHEUS_BACKEND_CONFIG: join(modules(stage, { 'c.json': JSON.stringify(configOf(port)) }), 'c.json'),
    }
    const [one, two] = [await stage.start('actor.mjs', { env }), await stage.start('actor.mjs', { env })]
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    for (const actor of [one, two]) {
      await vi.waitFor(async () => expect(await actor.ask('scrape')).toContain('jobs_total 7'), { timeout: 30_000 })
      expect(await actor.ask('faults')).toEqual([])
    }
  })

  test('that cannot be loaded is reported, and the process counts nevertheless', async ({ stage }) => {
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_BACKEND_CLASS: './missing.js' } })
    await actor.ask('count', 'jobs_total', {}, 3)
    expect(await actor.ask('scrape')).toContain('jobs_total 3')
    expect(await actor.ask('faults')).toMatchObject([{ code: 'BACKEND_NOT_FOUND' }])
  })

  test('and configures another one uses that', async ({ stage }) => {
    const env = { PROMHIVE_BACKEND_CLASS: './missing.js' }
    const actor = await stage.start('actor.mjs', { env })
    const dir = stage.directory()
    await actor.ask('configure', { dir })
    await actor.ask('count', 'jobs_total', {}, 3)
    expect(await actor.ask('scrape')).toContain('jobs_total 3')
    expect(await actor.ask('faults')).toEqual([])
  })
})

declare global {
  var someStore: unknown
}

function faultOf(work: () => unknown): MetricsError {
  try {
    work()
  } catch (error) {
    if (error instanceof MetricsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
