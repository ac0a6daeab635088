import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type SourceGathered, SourceGatherer } from '../../src/gather/source-gatherer.js'
import { Turns } from '../../src/gather/turns.js'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Registry } from '../../src/registry/registry.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'
import { readSource, root } from '../helpers/source-imports.js'
import { counterFamily, TestWriter } from '../helpers/writers.js'

afterEach(() => {
  vi.useRealTimers()
})

/** Ways in which a test replaces the timers. Each returns a function that ends it. */
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

function registryOf(home: ProcessContext): Registry {
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
        const home = new ProcessContext()
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

test('timers that were replaced before promhive was loaded do not delay it either', async () => {
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
  test('does not block those after it: a turn', async () => {
    const turns = new Turns(10)
    const hung = await turns.take()
    const next = turns.take()
    await expect(hung.within(new Promise(() => {}))).rejects.toThrow(/no answer within/)
    expect(hung.expired).toBe(true)
    expect(() => hung.check()).toThrow('expired')
    expect((await next).expired).toBe(false)
  })

  test('does not block those after it: a scrape that hangs while it reads', async () => {
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
    const reopen = () => {
      source = open()
    }
    const gatherer = new SourceGatherer(
      () => source,
      () => {},
      () => 'worker',
      { longest: 100, reopen },
    )
    const hung = gatherer.gather()
    const next = gatherer.gather()
    await expect(hung).rejects.toThrow(/no answer within/)
    expect((await next).families).toEqual([])
    // What the late reading still does to its source and its numbers concerns no other.
    expect(opened.length).toBeGreaterThan(1)
  })

  test('does not block those after it: a scrape that is never released', async () => {
    const writer = new TestWriter(1)
    writer.open(counterFamily('jobs'), [], [1])
    const source = { read: async () => ({ writers: [writer], errors: [] }), close() {} }
    const gatherer = new SourceGatherer(
      () => source,
      () => {},
      () => 'worker',
      { longest: 100 },
    )
    const total = ({ tables: [table] }: SourceGathered) => table!.slots[table!.bases[0]!]
    const kept = await gatherer.gather()
    writer.values[0] = 2
    const next = await gatherer.gather()
    expect([total(kept), total(next)]).toEqual([1, 2])
    next.release()
    // It comes too late to end the turn of another one.
    kept.release()
  })
})

describe('the source', () => {
  const globals =
    /(?<![.\w'"`-])(?:setTimeout|setInterval|setImmediate|clearTimeout|clearInterval|clearImmediate|queueMicrotask)\b|process\.nextTick/

  test('takes timers and intervals from platform/timers alone', () => {
    const files = readSource().filter(({ path }) => !path.startsWith('platform/') && !path.startsWith('cli/'))
    expect(files.length).toBeGreaterThan(200)
    const faults = files.flatMap(({ path }) => {
      const text = readFileSync(join(root, 'src', path), 'utf8')
      const code = text
        .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
        .replace(/import \{[^}]*\} from '[^']*platform\/timers\.js'/, '')
      const imported =
        /import \{([^}]*)\} from '[^']*platform\/timers\.js'/
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
