import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Gathering } from '../../src/gather/gathering.js'
import { ScrapeQueue } from '../../src/gather/scrape-queue.js'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Registry } from '../../src/registry/registry.js'
import { ProcessHome } from '../../src/runtime/process-context.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'
import { readSource, root } from '../helpers/source-imports.js'

afterEach(() => {
  vi.useRealTimers()
})

/** Ways in which a test takes the timers away. Each gives what ends it. */
const fakes: Readonly<Record<string, () => () => void>> = {
  "Vitest's": () => {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'setInterval',
        'setImmediate',
        'clearTimeout',
        'nextTick',
        'queueMicrotask',
        'performance',
        'Date',
      ].filter((name) => name !== 'nextTick' && name !== 'queueMicrotask') as never,
    })
    return () => vi.useRealTimers()
  },
  "node:test's": () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
    return () => mock.timers.reset()
  },
  'functions that never call back': () => {
    const before = { setTimeout, setInterval, setImmediate }
    const never = () => ({ unref() {}, ref() {} })
    Object.assign(globalThis, { setTimeout: never, setInterval: never, setImmediate: never })
    return () => Object.assign(globalThis, before)
  },
}

function registryOf(home: ProcessHome): Registry {
  const registry = new Registry({}, home)
  const labelled = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['n'], registers: [registry] })
  for (let n = 0; n < 3000; n++) labelled.inc({ n })
  new Gauge({
    name: 'level',
    help: 'L.',
    registers: [registry],
    async collect() {
      await undefined
      this.set(7)
    },
  })
  return registry
}

describe.each(Object.entries(fakes))('with fake timers (%s) a scrape ends', (_, fake) => {
  test.each([
    [
      'in memory',
      () => {
        const home = new ProcessHome()
        home.configure({ backend: new MemoryBackend() })
        return home
      },
    ],
    ['in a directory', () => new TestProcess(join(freshDirectory(), 'metrics'))],
  ])('%s, before the first scrape and after, and with real timers again', async (__, makeHome) => {
    const home = makeHome()
    const registry = registryOf(home)
    const undo = fake()
    onTestFinished(undo)
    const first = await shown(registry)
    expect(first).toMatchObject({ 'jobs_total{n="2999"}': 1, level: 7 })
    expect(Object.keys(await shown(registry))).toHaveLength(3001)
    undo()
    expect(Object.keys(await shown(registry))).toHaveLength(3001)
  })
})

test('timers that were replaced before promhive was loaded are not waited for either', async () => {
  vi.useFakeTimers()
  vi.resetModules()
  onTestFinished(() => void vi.useRealTimers())
  const { Counter, register } = await import('../../src/index.js')
  const labelled = new Counter({ name: 'loaded_later_total', help: 'L.', labelNames: ['n'] })
  for (let n = 0; n < 3000; n++) labelled.inc({ n })
  expect(await register.metrics()).toContain('loaded_later_total{n="2999"} 1')
})

describe.each([
  ...Object.entries(fakes).filter(([name]) => name !== 'functions that never call back'),
  [
    "Jest's legacy ones",
    () => {
      const before = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate }
      const mocks = Object.keys(before).map((name) => [name, Object.assign(vi.fn(), { _isMockFunction: true })])
      Object.assign(globalThis, Object.fromEntries(mocks))
      return () => Object.assign(globalThis, before)
    },
  ],
] as const)('timers that were mocked before promhive was loaded (%s)', (_, fake) => {
  test('run in real time', async () => {
    const undo = fake()
    onTestFinished(() => void undo())
    vi.resetModules()
    const timers = await import('../../src/platform/timers.js')
    const calls: string[] = []
    const start = timers.monotonicNow()
    const cleared = timers.setTimeout(() => calls.push('cleared'), 1)
    timers.clearTimeout(cleared)
    const stopped = timers.setImmediate(() => calls.push('stopped'))
    timers.clearImmediate(stopped)
    timers.clearTimeout(undefined)
    await new Promise<void>((resolve) => timers.setImmediate(resolve))
    await new Promise<void>((resolve) => {
      const interval = timers.setInterval(
        (word: string) => {
          if (calls.push(word) < 3) return
          timers.clearInterval(interval)
          resolve()
        },
        5,
        'again',
      )
      expect(interval.unref().hasRef()).toBe(false)
      expect(interval.ref().hasRef()).toBe(true)
    })
    expect(timers.monotonicNow() - start).toBeGreaterThanOrEqual(14)
    const once = await new Promise<NodeJS.Timeout>((resolve) => {
      const timer: NodeJS.Timeout = timers.setTimeout(() => resolve(timer), 1)
    })
    // A timer that has run can be started again.
    timers.clearTimeout(once.refresh())
    await new Promise<void>((resolve) => timers.setTimeout(resolve, 20).unref())
    expect(calls).toEqual(['again', 'again', 'again'])
  })
})

describe('a scrape that never ends', () => {
  test('does not block those after it: the queue', async () => {
    const queue = new ScrapeQueue(10)
    const hung = queue.run(() => new Promise(() => {}))
    const next = queue.run(async () => 7)
    await expect(hung).rejects.toThrow(/no answer within/)
    expect(await next).toBe(7)
    expect(await queue.share(['a'], async () => 8)).toBe(8)
  })

  test('does not block those after it: what is read', async () => {
    let reads = 0
    const opened: object[] = []
    const open = () => {
      const source = {
        read: async () => {
          if (++reads === 1) await new Promise(() => {})
          return { writers: [], errors: [] }
        },
        close() {},
      }
      opened.push(source)
      return source
    }
    let source = open()
    const gathering = new Gathering(
      () => source,
      () => {},
      () => 'worker',
      {
        longest: 10,
        reopen: () => {
          source = open()
        },
      },
    )
    const hung = gathering.run(
      () => 0,
      async () => 1,
    )
    const next = gathering.run(
      () => 0,
      async () => 2,
    )
    await expect(hung).rejects.toThrow(/no answer within/)
    expect(await next).toBe(2)
    // What the late reading still does to its source and its numbers concerns no other.
    expect(opened).toHaveLength(2)
  })
})

describe('the source', () => {
  const globals = /(?<![.\w'"`-])(?:setTimeout|setInterval|setImmediate|clearTimeout|clearInterval|clearImmediate)\b/

  test('takes timers and intervals from runtime/timers alone', () => {
    const files = readSource().filter(({ path }) => !path.startsWith('runtime/') && !path.startsWith('cli/'))
    expect(files.length).toBeGreaterThan(200)
    const faults = files.flatMap(({ path }) => {
      const text = readFileSync(join(root, 'src', path), 'utf8')
      const code = text
        .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
        .replace(/import \{[^}]*\} from '[^']*runtime\/timers\.js'/, '')
      const imported =
        /import \{([^}]*)\} from '[^']*runtime\/timers\.js'/
          .exec(text)?.[1]
          ?.split(',')
          .map((name) => name.trim()) ?? []
      const used = new Set(code.match(new RegExp(globals, 'g')) ?? [])
      const lacking = [...used].filter((name) => !imported.includes(name))
      const clock = /(?<!\w|timeOrigin \+ )performance\.now\(\)/.test(code) && !/from 'node:perf_hooks'/.test(code)
      const patched = /from 'node:timers/.test(code)
      return [...lacking, ...(clock ? ['performance.now()'] : []), ...(patched ? ['node:timers'] : [])].map(
        (what) => `${path}: ${what}`,
      )
    })
    expect(faults).toEqual([])
  })
})
