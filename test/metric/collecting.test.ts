import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CollectRun } from '../../src/metric/collect-run.js'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Histogram } from '../../src/metric/histogram.js'
import type { MetricsError } from '../../src/model/errors.js'
import { Registry } from '../../src/registry/registry.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

interface Process {
  readonly registry: Registry
  readonly home: TestProcess
  readonly faults: readonly MetricsError[]
}

/** Processes that count in one directory. */
function processes(count: number): Process[] {
  const directory = freshDirectory()
  return Array.from({ length: count }, () => {
    const home = new TestProcess(directory)
    const faults: MetricsError[] = []
    home.configure({ onError: (fault) => faults.push(fault) })
    return { home, registry: new Registry({ name: 'test' }, home), faults }
  })
}

/** A promise that the test resolves. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  onTestFinished(open)
  return { opened, open }
}

const parts = [100, 200, 300]

describe('in a collect() that runs in every process', () => {
  test.each<[string, (counter: Counter<'a' | 'b'>) => void]>([
    ['reset()', (counter) => counter.reset()],
    ['clear()', (counter) => counter.clear()],
    ['remove() by name', (counter) => counter.remove({ a: '1', b: '2' })],
    ['remove() in order', (counter) => counter.remove('1', '2')],
    ['removeByLabels()', (counter) => counter.removeByLabels({ a: '1' })],
    ['reset() with the scope of the process', (counter) => counter.reset({ scope: 'process' })],
  ])('%s concerns the part of that process', async (_, remove) => {
    const all = processes(3)
    for (const [i, { registry }] of all.entries()) {
      new Counter({
        name: 'part_total',
        help: 'P.',
        labelNames: ['a', 'b'],
        registers: [registry],
        collect() {
          remove(this as never)
          this.inc({ a: '1', b: '2' }, parts[i])
        },
      })
    }
    for (const { registry } of all) await registry.metrics()
    for (const { registry, faults } of [...all, ...all]) {
      expect(await shown(registry)).toEqual({ 'part_total{a="1",b="2"}': 600 })
      expect(faults).toEqual([])
    }
  })

  test('a series that is not counted again goes, and the same series of another process stays', async () => {
    const [one, two] = processes(2) as [Process, Process]
    const labels = new Map([
      [one, ['x', 'y']],
      [two, ['x', 'z']],
    ])
    for (const process of [one, two]) {
      new Gauge({
        name: 'jobs',
        help: 'J.',
        labelNames: ['queue'],
        registers: [process.registry],
        collect() {
          this.reset()
          for (const queue of labels.get(process)!) this.set({ queue }, 1)
        },
      })
      await process.registry.metrics()
    }
    expect(await shown(one.registry)).toEqual({ 'jobs{queue="x"}': 2, 'jobs{queue="y"}': 1, 'jobs{queue="z"}': 1 })
    labels.set(one, ['y'])
    expect(await shown(one.registry)).toEqual({ 'jobs{queue="x"}': 1, 'jobs{queue="y"}': 1, 'jobs{queue="z"}': 1 })
  })

  test('the scope of the application is available on request', async () => {
    const [one, two] = processes(2) as [Process, Process]
    const make = ({ registry }: Process) => new Counter({ name: 'n_total', help: 'N.', registers: [registry] })
    const [mine, other] = [make(one), make(two)]
    mine.inc(1)
    other.inc(2)
    new Gauge({
      name: 'resets',
      help: 'R.',
      registers: [one.registry],
      collect: () => mine.reset({ scope: 'application' }),
    })
    expect(await shown(one.registry)).toMatchObject({ n_total: 0 })
    expect(await shown(two.registry)).toMatchObject({ n_total: 0 })
  })

  test('the values that it had counted stay when it fails, sync or async', async () => {
    const [{ registry, faults }] = processes(1) as [Process]
    let failing = false
    const fail = () => {
      if (failing) throw new Error('no database')
    }
    new Gauge({
      name: 'sync',
      help: 'S.',
      registers: [registry],
      collect() {
        this.reset()
        fail()
        this.set(7)
      },
    })
    const labelled = new Gauge({
      name: 'async',
      help: 'A.',
      labelNames: ['shard'],
      registers: [registry],
      async collect() {
        this.reset()
        await turn()
        fail()
        this.set({ shard: 1 }, 8)
      },
    })
    const child = labelled.labels('1')
    expect(await shown(registry)).toEqual({ sync: 7, 'async{shard="1"}': 8 })
    failing = true
    expect(await shown(registry)).toEqual({ sync: 7, 'async{shard="1"}': 8 })
    expect(faults.map(({ code }) => code)).toEqual(['COLLECT_FAILED', 'COLLECT_FAILED'])
    // A child that the application holds counts where the values stayed.
    child.inc()
    expect(await shown(registry)).toEqual({ sync: 7, 'async{shard="1"}': 9 })
    failing = false
    expect(await shown(registry)).toEqual({ sync: 7, 'async{shard="1"}': 8 })
  })

  test('another metric that it resets after an await is that of the process as well', async () => {
    const all = processes(3)
    for (const [i, { registry }] of all.entries()) {
      const other = new Histogram({ name: 'sizes', help: 'S.', buckets: [1], registers: [registry] })
      new Gauge({
        name: 'updates',
        help: 'U.',
        registers: [registry],
        async collect() {
          await turn()
          other.reset()
          await turn()
          other.observe(parts[i]!)
        },
      })
      await registry.metrics()
    }
    for (const { registry } of all) {
      expect(await shown(registry)).toMatchObject({ sizes_sum: 600, sizes_count: 3 })
    }
  })

  test('its own metric is that of the process where the context of the call is lost', async () => {
    const all = processes(2)
    const waiting: (() => void)[] = []
    for (const [i, { registry }] of all.entries()) {
      new Gauge({
        name: 'rows',
        help: 'R.',
        registers: [registry],
        collect() {
          // As the callbacks of a connection pool: they run in whatever context fills the queue.
          return new Promise<void>((resolve) => {
            waiting.push(() => {
              this.reset()
              this.inc(parts[i])
              resolve()
            })
          })
        },
      })
    }
    const callBack = async (registry: Registry) => {
      const scrape = shown(registry)
      await turn()
      waiting.splice(0).forEach((each) => void each())
      return scrape
    }
    for (const { registry } of all) await callBack(registry)
    for (const { registry } of all) expect(await callBack(registry)).toEqual({ rows: 300 })
  })
})

describe('outside of a collect()', () => {
  test('a reset is that of the application, also while another metric collects', async () => {
    const [one, two] = processes(2) as [Process, Process]
    const held = gate()
    const make = ({ registry }: Process) => new Counter({ name: 'n_total', help: 'N.', registers: [registry] })
    const [mine, other] = [make(one), make(two)]
    mine.inc(1)
    other.inc(2)
    new Gauge({ name: 'slow', help: 'S.', registers: [one.registry], collect: () => held.opened })
    const scrape = one.registry.metrics()
    await turn()
    mine.reset()
    held.open()
    await scrape
    expect(await shown(two.registry)).toMatchObject({ n_total: 0 })
  })

  test('work that a call has started does not belong to it after it has ended', async () => {
    const [one, two] = processes(2) as [Process, Process]
    const later = gate()
    const make = ({ registry }: Process) => new Counter({ name: 'n_total', help: 'N.', registers: [registry] })
    const [mine, other] = [make(one), make(two)]
    mine.inc(1)
    other.inc(2)
    let left: Promise<void> | undefined
    new Gauge({
      name: 'leaves',
      help: 'L.',
      registers: [one.registry],
      async collect() {
        await turn()
        left ??= later.opened.then(() => mine.reset())
      },
    })
    await one.registry.metrics()
    later.open()
    await left
    expect(await shown(two.registry)).toMatchObject({ n_total: 0 })
  })

  test('nor in one with run: "serving", whose values are those of the application', async () => {
    const [one, two] = processes(2) as [Process, Process]
    for (const { registry } of [one, two]) {
      const whole = new Counter({ name: 'whole_total', help: 'W.', registers: [registry] })
      new Gauge({
        name: 'asked',
        help: 'A.',
        run: 'serving',
        registers: [registry],
        collect() {
          this.reset()
          this.set(5)
          whole.reset()
          whole.inc(600)
        },
      })
    }
    for (const { registry } of [one, two, one]) expect(await shown(registry)).toEqual({ asked: 5, whole_total: 600 })
  })
})

test('a collect() that removes each series before it sets it costs as much for each, however many there are', async () => {
  const [{ registry }] = processes(1) as [Process]
  let count = 0
  const gauge = new Gauge({
    name: 'depth',
    help: 'D.',
    labelNames: ['queue', 'host'],
    registers: [registry],
    collect() {
      for (let i = 0; i < count; i++) {
        this.remove({ queue: `${i}`, host: 'a' })
        this.set({ queue: `${i}`, host: 'a' }, i)
      }
    },
  })
  // Counted are the keys that are parsed or made.
  const work = async (series: number): Promise<number> => {
    count = series
    const spies = [vi.spyOn(JSON, 'parse'), vi.spyOn(JSON, 'stringify')]
    await gauge.get()
    const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
    for (const spy of spies) spy.mockRestore()
    return calls
  }
  const few = await work(100)
  expect(await work(800)).toBeLessThan(few * 24)
  expect((await gauge.get()).values).toHaveLength(800)
})

test('a metric that a collect() removes from its registry goes at once, and one made in its place keeps its counts', async () => {
  const [{ registry }] = processes(1) as [Process]
  let made = 0
  const makeJobs = (): void => {
    const jobs = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['queue'], registers: [registry] })
    if (made === 1) jobs.reset()
    jobs.inc({ queue: 'mail' }, ++made)
  }
  makeJobs()
  const level = new Gauge({
    name: 'level',
    help: 'L.',
    registers: [registry],
    collect() {
      if (made === 4) return
      registry.removeSingleMetric('jobs_total')
      makeJobs()
    },
  })
  while (made < 4) await level.collect?.()
  expect(await shown(registry)).toMatchObject({ 'jobs_total{queue="mail"}': 4 })
})

test('what a store refuses of one metric keeps back no other', async () => {
  const run = new CollectRun()
  const published: string[] = []
  for (const name of ['one', 'two', 'three']) {
    run.stage({
      publish() {
        published.push(name)
        if (name !== 'three') throw new Error(name)
      },
      discard() {},
    })
  }
  expect(() => run.end(false)).toThrow('one')
  expect(published).toEqual(['one', 'two', 'three'])
})
