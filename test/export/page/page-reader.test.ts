import { describe, expect } from 'vitest'
import { directoryGatherer } from '../../../src/cli/directory-gatherer.js'
import { PageReader } from '../../../src/export/page/page-reader.js'
import { WorkerWatch } from '../../../src/export/page/worker-watch.js'
import { ApplicationGatherer } from '../../../src/gather/application-gatherer.js'
import { ApplicationsGatherer } from '../../../src/gather/applications/applications-gatherer.js'
import type { Gathered, Gatherer } from '../../../src/gather/gatherer.js'
import { Counter, Gauge, Histogram, Registry, StateSet, Summary } from '../../../src/index.js'
import { seriesKey } from '../../../src/model/series-key.js'
import { pageOf } from '../../../src/runtime/exporters/page.js'
import { SeriesLog } from '../../../src/store/core/series-log.js'
import { test } from '../../helpers/processes/stage.js'

function sourceOf(gatherer: Gatherer) {
  return { gatherer, folder: '', location: () => 'memory' }
}

describe('a reading for the page', () => {
  test('has the sums of each type of family', async () => {
    const registers = [new Registry()]
    const labelNames = ['status', 'path'] as const
    const requests = new Counter({ name: 'requests_total', help: 'Requests.', labelNames, registers })
    for (let i = 0; i < 30; i++) requests.inc({ status: i % 3 === 0 ? '500' : '200', path: `/${i}` }, 2)
    const sizes = new Histogram({ name: 'size_bytes', help: 'Sizes.', buckets: [10, 20], registers })
    for (const size of [5, 15, 15, 99]) sizes.observe(size)
    new Gauge({ name: 'level', help: 'Level.', labelNames: ['tank'], registers }).set({ tank: '__proto__' }, -2.5)
    new Summary({ name: 'waits', help: 'Waits.', registers }).observe(3)
    new StateSet({ name: 'door', help: 'Door.', states: ['open', 'shut'], registers }).state('shut')
    const { families, omitted } = await new PageReader(sourceOf(registers[0]!)).read()
    expect(families).toEqual([
      { name: 'door', type: 'stateset', help: 'Door.', series: 1, labels: [], values: { open: 0, shut: 1 } },
      {
        ...{ name: 'level', type: 'gauge', help: 'Level.', series: 1, total: -2.5 },
        labels: [{ name: 'tank', values: 1 }],
        values: JSON.parse('{"__proto__":-2.5}'),
      },
      {
        ...{ name: 'requests_total', type: 'counter', help: 'Requests.', series: 30, total: 60 },
        labels: [
          { name: 'path', values: 30 },
          { name: 'status', values: 2 },
        ],
        statuses: { 200: 40, 500: 20 },
      },
      {
        ...{ name: 'size_bytes', type: 'histogram', help: 'Sizes.', series: 1, total: 4, observed: 134 },
        ...{ bounds: [10, 20], buckets: [1, 2, 1], labels: [] },
      },
      { name: 'waits', type: 'summary', help: 'Waits.', series: 1, total: 1, observed: 3, labels: [] },
    ])
    expect(omitted).toEqual({ families: 0, series: 0 })
  })

  test('reads small families first, and only counts what is beyond the limits', async () => {
    const registers = [new Registry()]
    for (const [name, series] of [
      ['a', 50],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ] as const) {
      const gauge = new Gauge({ name, help: name, labelNames: ['n'], registers })
      for (let i = 0; i < series; i++) gauge.set({ n: String(i) }, 1)
    }
    const reader = new PageReader(sourceOf(registers[0]!), { families: 3, slots: 40 })
    const { families, omitted } = await reader.read()
    expect(families.map(({ name, series, total }) => [name, series, total])).toEqual([
      ['a', 50, undefined],
      ['b', 2, 2],
      ['c', 3, 3],
    ])
    expect(omitted).toEqual({ families: 1, series: 4 })
  })

  test('is shared by all pages for most of a second, and released', async () => {
    const registry = new Registry()
    let gathered = 0
    const gatherer: Gatherer = {
      gather(request) {
        gathered++
        return registry.gather(request)
      },
    }
    const reader = new PageReader(sourceOf(gatherer))
    const [one, other] = await Promise.all([reader.read(), reader.read()])
    expect(await reader.read()).toBe(one)
    expect(other).toBe(one)
    expect(gathered).toBe(1)
    await registry.metrics()
  })
})

describe('the workers of several applications', () => {
  test('have the names of their applications, and the gatherings of all are released', async ({ stage }) => {
    const applications = ['a', 'b', 'none'].map((name) => ({ name, directory: stage.directory() }))
    const workers = await Promise.all(
      applications
        .slice(0, 2)
        .map(({ directory }) =>
          stage.start('../../export/page/programs/shop.mjs', { env: { PROMHIVE_DIR: directory } }),
        ),
    )
    for (const worker of workers) await worker.ask('answer', '200', 1, 0.1)
    const named = applications.map(({ name, directory }) => {
      return {
        name,
        gatherer: new ApplicationGatherer(
          directoryGatherer(directory, () => {}),
          {},
        ),
      }
    })
    const reader = new PageReader(pageOf(new ApplicationsGatherer(named), () => 'both'))
    const { live, workers: seen } = await reader.read()
    expect(live).toBe(2)
    expect(seen?.map(({ application, worker, state, process }) => [application, worker, state, process?.pid])).toEqual(
      workers.map(({ child }, i) => [['a', 'b'][i], '1', 'alive', child.pid]),
    )
    // Would wait for an earlier gathering that is not released.
    for (const { gatherer } of named) (await gatherer.gather()).release()
  })
})

describe('WorkerWatch', () => {
  type Writer = NonNullable<Gathered['writers']>[number]

  function writer(seat: number, live: boolean, measures = true): Writer {
    const log = new SeriesLog()
    log.families.push({ name: measures ? 'nodejs_eventloop_time_seconds_total' : 'jobs_total' } as never)
    log.append(0, 0, 0, seriesKey(['active']), 0)
    log.append(0, 0, 1, seriesKey(['idle']), 0)
    const values = Float64Array.of(1, 9)
    const common = { epoch: 1, startedAt: 100, bytes: 0, dropped: 0 }
    return { writer: `${seat}-7-0-9`, seat, live, log, values, ...common }
  }

  test('considers a worker blocked when its event loop has not been measured for twelve seconds', () => {
    const [one, two, unmeasured, dead] = [writer(1, true), writer(2, true), writer(3, true, false), writer(4, false)]
    const watch = new WorkerWatch(() => ({ pid: 7, cpuSeconds: 1, residentBytes: 2 }))
    const states = (now: number) => watch.look([two, one, unmeasured, dead], now).map(({ state }) => state)
    expect(states(0)).toEqual(['alive', 'alive', 'alive', 'dead'])
    one.values[1]! += 5
    expect(states(8_000)).toEqual(['alive', 'alive', 'alive', 'dead'])
    expect(states(12_500)).toEqual(['alive', 'blocked', 'alive', 'dead'])
    expect(states(20_500)).toEqual(['blocked', 'blocked', 'alive', 'dead'])
    two.values[0]! += 12
    expect(watch.look([two], 21_000)).toEqual([
      {
        ...{ seat: 2, worker: '2', state: 'alive', since: 100, loop: { active: 13, idle: 9 } },
        process: { pid: 7, cpuSeconds: 1, residentBytes: 2 },
      },
    ])
  })

  test('shows what a supervisor knows: that a process is blocked, before its event loop shows it', () => {
    let blocked = false
    const sample = (name: string) => ({ pid: Number(name[0]), cpuSeconds: 1, residentBytes: 2 })
    const watch = new WorkerWatch(sample, (pid) => (pid === 3 ? undefined : { blocked: blocked && pid === 2 }))
    const writers = [writer(1, true, false), writer(2, true), writer(3, true)]
    const seen = (now: number) => watch.look(writers, now).map(({ state }) => state)
    expect(seen(0)).toEqual(['alive', 'alive', 'alive'])
    blocked = true
    expect(seen(1_000)).toEqual(['alive', 'blocked', 'alive'])
  })

  test('shows a worker once that was replaced while it ran, and the primary by its name', () => {
    const named = (seat: number, live: boolean, worker: string) => ({ ...writer(seat, live), worker })
    const writers = [
      named(10_000, true, 'primary'),
      named(1, false, '1'),
      named(10_001, true, '1'),
      named(2, false, '2'),
    ]
    const seen = new WorkerWatch().look(writers).map(({ worker, state }) => [worker, state])
    expect(seen).toEqual([
      ['2', 'dead'],
      ['primary', 'alive'],
      ['1', 'alive'],
    ])
  })
})
