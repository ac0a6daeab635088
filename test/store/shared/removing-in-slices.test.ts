import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, vi } from 'vitest'
import type { CounterChild } from '../../../src/metric/counter.js'
import { type LabelFilter, matches, seriesKey } from '../../../src/model/series-key.js'
import { refOfKey } from '../../../src/model/series-ref.js'
import { loadBinding } from '../../../src/platform/addon.js'
import { removeMany } from '../../../src/store/contract.js'
import { seriesName } from '../../../src/store/shared/format.js'
import { counterOf, gaugeOf, histogramOf } from '../../../src/testing/counted.js'
import { histogramFamily } from '../../../src/testing/families.js'
import { Reader } from '../../helpers/processes/reading.js'
import { Stage, test } from '../../helpers/processes/stage.js'
import { holds } from '../../helpers/property.js'
import { type SteppedWriter, steppedWriter } from '../../helpers/removals.js'
import { counterFamily } from '../../helpers/writers.js'

/** A clock that leaps after so many calls ends each step of taking after as many removals; 0 for the real one. */
const clock = vi.hoisted(() => ({ leapsAfter: 0, calls: 0, ahead: 0 }))
vi.mock('../../../src/platform/timers.js', async (original) => {
  const timers = await original<typeof import('../../../src/platform/timers.js')>()
  const monotonicNow = (): number => {
    if (clock.leapsAfter > 0 && ++clock.calls % clock.leapsAfter === 0) clock.ahead += 100
    return timers.monotonicNow() + clock.ahead
  }
  return { ...timers, monotonicNow }
})

const jobs = counterFamily('jobs_total', { labelNames: ['path', 'shard'] })
const native = loadBinding().binding !== undefined
/** More than a writer removes in one step. */
const several = 200

function fill(writer: SteppedWriter, count: number, shard = '1'): void {
  for (let i = 0; i < count; i++) counterOf(writer, jobs, seriesKey([`${i}`, shard])).inc()
}

/** How many lines of removed series a writer has written. */
function removedLines(directory: string, { store }: SteppedWriter): number {
  const text = readFileSync(join(directory, seriesName(store.seat.number)), 'utf8')
  return text.split('\n').filter((line) => line.slice(9).startsWith('d ')).length
}

const ways: [string, (count: number) => LabelFilter[]][] = [
  ['clear', () => [{}]],
  ['some labels', () => [{ shard: '1' }]],
  ['all labels', (count) => Array.from({ length: count }, (_, i) => ({ path: `${i}`, shard: '1' }))],
]

describe.runIf(native)('a process that counts while another one has removed many series', () => {
  test.for(ways)('removes few of them before its count, and few in each step: %s', async ([, filters], { stage }) => {
    const directory = stage.directory()
    const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
    const count = 2000
    fill(two, count)
    const held = counterOf(two, jobs, '["1999","1"]')
    const readers = [new Reader(directory)]
    await readers[0]!.scrape()
    removeMany(one.store, jobs, filters(count), 'application')
    let before = 0
    const few = (): void => {
      const now = removedLines(directory, two)
      expect(now - before).toBeLessThan(300)
      before = now
    }
    counterOf(two, jobs, '["new","1"]').inc(2)
    few()
    let total = 2
    let steps = 0
    // Steps end inside of the text that was read.
    clock.leapsAfter = 50
    stage.after(() => {
      clock.leapsAfter = 0
    })
    for (const _ of two.store.noticing()) {
      few()
      if (steps++ % 5 > 0) continue
      // One that is removed, and waits; a new one; and one that the application holds.
      counterOf(two, jobs, seriesKey([`${count - 1 - steps}`, '1'])).inc()
      counterOf(two, jobs, seriesKey(['new', `${steps}`])).inc()
      held.inc()
      total += 3
      for (const reader of [...readers, new Reader(directory)])
        expect((await reader.scrape()).total('jobs_total')).toBe(total)
    }
    expect(steps).toBeGreaterThan(10)
    expect(before).toBeGreaterThanOrEqual(count)
    expect(two.store.seat.head.removals).toBe(one.store.seat.head.removals)
    two.kill()
    const next = steppedWriter(stage, directory)
    counterOf(next, jobs, '["new","1"]').inc()
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(total + 1)
  })

  test('keeps counts that are made meanwhile, of every type, and the exemplars of the new series only', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
    const times = histogramFamily('seconds', [1, 2])
    const key = (i: number): string => seriesKey([`${i}`])
    for (let i = 0; i < several; i++) histogramOf(two, times, key(i)).observe(1.5)
    for (const i of [0, several - 1])
      two.store.setExemplar(times, refOfKey(key(i)), 1, { labels: { trace: 'old' }, value: 1.5, timestamp: 1 })
    const modes = ['sum', 'max', 'mostrecent'] as const
    for (const mode of modes) gaugeOf(two, mode, mode, '["x"]').set(7)
    for (const name of modes) one.store.remove({ ...jobs, name }, {}, 'application')
    one.store.remove(times, {}, 'application')
    histogramOf(two, times, key(several - 1)).observe(0.5)
    two.store.setExemplar(times, refOfKey(key(several - 1)), 0, { labels: { trace: 'new' }, value: 0.5, timestamp: 2 })
    for (const mode of modes) gaugeOf(two, mode, mode, '["x"]').set(3)
    const check = async (): Promise<void> => {
      const scrape = await new Reader(directory).scrape()
      expect([scrape.total('seconds_count'), scrape.total('seconds_sum')]).toEqual([1, 0.5])
      for (const mode of modes) expect(scrape.total(mode)).toBe(3)
    }
    await check()
    for (const _ of two.store.noticing()) await check()
    const { writers } = await new Reader(directory).read()
    const exemplars = writers.flatMap((writer) => [...(writer.exemplars?.() ?? [])])
    expect(exemplars.map(({ exemplar }) => exemplar.labels)).toEqual([{ trace: 'new' }])
    two.kill()
    steppedWriter(stage, directory)
    expect((await new Reader(directory).scrape()).total('seconds_count')).toBe(1)
  })

  test('forgets some of them when a metric has reached its limit, until there are none', ({ stage }) => {
    const directory = stage.directory()
    const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
    fill(two, several)
    expect(two.store.settle()).toBe(false)
    one.store.remove(jobs, {}, 'application')
    expect(two.store.settle()).toBe(true)
    const first = removedLines(directory, two)
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(several)
    while (two.store.settle());
    expect(removedLines(directory, two)).toBe(several)
  })

  test('does not parse what piled up while it was blocked, and its count is right', async ({ stage }) => {
    const directory = stage.directory()
    const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
    const count = 1500
    fill(two, count)
    fill(two, count, '2')
    const held = [0, 1, count - 1].map((i) => counterOf(two, jobs, seriesKey([`${i}`, '1'])))
    const stays = counterOf(two, jobs, '["5","2"]')
    removeMany(one.store, jobs, ways[2]![1](count), 'application')
    const parse = vi.spyOn(JSON, 'parse')
    for (const each of [...held, stays]) each.inc(4)
    // Another process is right as well, before the removals are taken and after.
    expect(parse.mock.calls.length).toBeLessThan(count / 4)
    parse.mockRestore()
    const expected = 3 * 4 + count + 4
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(expected)
    // Later counts are removed with a later removal.
    one.store.remove(jobs, { path: '1', shard: '1' }, 'application')
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(expected - 4)
    held[1]!.inc(2)
    for (const _ of two.store.noticing());
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(expected - 2)
    expect(two.store.seat.head.removals).toBe(one.store.seat.head.removals)
  })

  test('takes each removal once, also where a count takes the rest between two steps', async ({ stage }) => {
    const directory = stage.directory()
    const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
    fill(two, several)
    removeMany(one.store, jobs, ways[2]![1](several), 'application')
    clock.leapsAfter = 50
    stage.after(() => {
      clock.leapsAfter = 0
    })
    const steps = two.store.noticing()[Symbol.iterator]()
    steps.next()
    counterOf(two, jobs, seriesKey([`${several - 1}`, '1'])).inc(3)
    while (two.store.settle());
    while (!steps.next().done);
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(3)
    expect([...two.store.series()].length).toBe(1)
  })

  test('takes over a seat whose removals are pending in steps, and moves a series when it is counted in', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
    const count = 2000
    fill(two, count)
    fill(two, count, '2')
    one.store.remove(jobs, { shard: '1' }, 'application')
    counterOf(two, jobs, '["7","1"]').inc(5)
    two.kill()
    const next = steppedWriter(stage, directory)
    expect(next.store.seat.number).toBe(two.store.seat.number)
    expect(removedLines(directory, next)).toBeLessThan(300)
    const family = { ...jobs }
    const parse = vi.spyOn(JSON, 'parse')
    counterOf(next, family, '["7","1"]').inc()
    counterOf(next, family, '["8","1"]').inc(3)
    counterOf(next, family, '["8","2"]').inc(3)
    expect(parse.mock.calls.length).toBeLessThan(100)
    parse.mockRestore()
    expect(removedLines(directory, next)).toBeLessThan(300)
    const expected = 5 + 1 + 3 + count + 3
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(expected)
    let before = removedLines(directory, next)
    for (const _ of next.store.noticing()) {
      const now = removedLines(directory, next)
      expect(now - before).toBeLessThan(300)
      before = now
    }
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(expected)
    // Of the series that the process has not counted in, too.
    one.store.remove(jobs, { path: '9' }, 'application')
    next.store.remove(family, { path: '10' }, 'application')
    for (const _ of next.store.noticing());
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(expected - 2)
    expect([...next.store.series()].length).toBe(2 + count - 2)
  })
})

describe.runIf(native)('a series file that is written again in steps', () => {
  test('has what comes between the steps, for readers, and after a kill at any step', async ({ stage }) => {
    const long = 'x'.repeat(200)
    const life = async (killedAt: number): Promise<number> => {
      const directory = stage.directory()
      const [one, two] = [steppedWriter(stage, directory), steppedWriter(stage, directory)]
      for (let i = 0; i < 2500; i++) counterOf(two, jobs, seriesKey([`${long}${i}`, `${i % 10}`])).inc()
      const reader = new Reader(directory)
      await reader.scrape()
      for (let shard = 1; shard < 10; shard++) one.store.remove(jobs, { shard: `${shard}` }, 'application')
      let total = 250
      let steps = 0
      const edition = two.store.seat.head.logEdition
      for (const _ of two.store.noticing()) {
        if (++steps === killedAt) break
        if (two.store.seat.head.removals !== one.store.seat.head.removals) continue
        counterOf(two, jobs, seriesKey(['new', `${steps}`])).inc()
        two.store.remove(jobs, { path: 'new', shard: `${steps - 1}` }, 'process')
        total = 251
        expect((await reader.scrape()).total('jobs_total')).toBe(total)
      }
      if (killedAt === 0) expect(two.store.seat.head.logEdition).toBe(edition + 2)
      two.kill()
      const next = steppedWriter(stage, directory)
      expect([...next.store.series()].length).toBe(total)
      for (const each of [reader, new Reader(directory)]) expect((await each.scrape()).total('jobs_total')).toBe(total)
      return steps
    }
    const steps = await life(0)
    expect(steps).toBeGreaterThan(15)
    for (const early of [8, 3, 2, 1]) await life(steps - early)
  })
})

const path = fc.constantFrom('0', '1', '150', '199')
const shard = fc.constantFrom('1', '2')
const filter: fc.Arbitrary<LabelFilter> = fc.oneof(
  fc.constant({}),
  fc.record({ shard }),
  fc.record({ path }),
  fc.record({ path, shard }),
)
const who = fc.nat(2)
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fill' as const), who, shard }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('inc' as const), who, path, shard, amount: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      who,
      filters: fc.array(filter, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('step' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('scrape' as const), fresh: fc.boolean() }) },
)

/** A writer, its unfinished steps, and the children that it holds. */
interface Process {
  writer: SteppedWriter
  steps: Iterator<void> | undefined
  readonly held: Map<string, CounterChild>
}

test.runIf(native)('removals in slices, with processes that are killed between them, show what the model shows', () =>
  holds(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), fc.boolean(), async (life, leaps) => {
      const stage = new Stage()
      clock.leapsAfter = leaps ? 1 : 0
      try {
        const directory = stage.directory()
        const begun = (): Process => ({ writer: steppedWriter(stage, directory), steps: undefined, held: new Map() })
        const processes = [0, 1, 2].map(begun)
        // Stays, so that the run does not end.
        const faults = [steppedWriter(stage, directory).faults]
        const model = new Map<string, number>()
        const beside = new Reader(directory)
        const inc = ({ writer, held }: Process, key: string, amount: number): void => {
          let child = held.get(key)
          if (child === undefined) held.set(key, (child = counterOf(writer, jobs, key)))
          child.inc(amount)
          model.set(key, (model.get(key) ?? 0) + amount)
        }
        for (const each of [...life, { do: 'scrape' as const, fresh: false }, { do: 'scrape' as const, fresh: true }]) {
          if (each.do === 'scrape') {
            const reader = each.fresh ? new Reader(directory) : beside
            const { scrape, errors } = await reader.read()
            expect(errors).toEqual([])
            expect(scrape.labelled('jobs_total')).toEqual(shown(model))
            continue
          }
          const process = processes[each.who]!
          if (each.do === 'fill') for (let i = 0; i < several; i++) inc(process, seriesKey([`${i}`, each.shard]), 1)
          else if (each.do === 'inc') inc(process, seriesKey([each.path, each.shard]), each.amount)
          else if (each.do === 'remove') {
            removeMany(process.writer.store, jobs, each.filters, 'application')
            for (const key of [...model.keys()])
              if (each.filters.some((labels) => matches(jobs.labelNames, key, labels))) model.delete(key)
          } else if (each.do === 'step') {
            process.steps ??= process.writer.store.noticing()[Symbol.iterator]()
            if (process.steps.next().done) process.steps = undefined
          } else {
            faults.push(process.writer.faults)
            process.writer.kill()
            processes[each.who] = begun()
          }
        }
        expect([...faults, ...processes.map(({ writer }) => writer.faults)].flat()).toEqual([])
      } finally {
        clock.leapsAfter = 0
        await stage.clear()
      }
    }),
    60,
  ),
)

function shown(model: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...model].map(([key, count]) => {
      const [path, shard] = JSON.parse(key) as string[]
      return [`path="${path}",shard="${shard}"`, count]
    }),
  )
}
