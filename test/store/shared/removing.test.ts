import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, vi } from 'vitest'
import { type LabelFilter, matches } from '../../../src/model/series-key.js'
import { loadBinding } from '../../../src/platform/addon.js'
import { removeMany } from '../../../src/store/contract.js'
import { removed } from '../../../src/store/core/series-log.js'
import { controlName, headerSize } from '../../../src/store/shared/format.js'
import { SharedSource } from '../../../src/store/shared/shared-source.js'
import { counterOf } from '../../../src/testing/counted.js'
import { Reader } from '../../helpers/processes/reading.js'
import { Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { holds } from '../../helpers/property.js'
import { holdRemovals, type MappedWriter, mappedWriter } from '../../helpers/removals.js'
import { counterFamily, noPause } from '../../helpers/writers.js'

const jobs = counterFamily('jobs_total', { labelNames: ['path', 'shard'] })
const native = loadBinding().binding !== undefined

describe.runIf(native)('many removals', () => {
  test.for<[string, (one: MappedWriter, count: number) => void]>([
    [
      'one by one',
      ({ store }, count) => {
        for (let i = 0; i < count; i++) store.remove(jobs, { path: `${i}`, shard: '1' }, 'application')
      },
    ],
    [
      'by some labels',
      ({ store }, count) => {
        for (let i = 0; i < count; i++) store.remove(jobs, { path: `${i}` }, 'application')
      },
    ],
    [
      'together',
      ({ store }, count) => {
        const filters = Array.from({ length: count }, (_, i) => ({ path: `${i}`, shard: '1' }))
        removeMany(store, jobs, filters, 'application')
      },
    ],
  ])('cost as much for each series however many there are: %s', async ([, remove], { stage }) => {
    // Counted are the keys that are parsed or made, by the remover, a writer that catches up, and two readers.
    const work = async (count: number): Promise<number> => {
      const directory = stage.directory()
      const [one, two] = [mappedWriter(stage, directory), mappedWriter(stage, directory)]
      for (const { store } of [one, two])
        for (let i = 0; i < count; i++) counterOf({ store }, jobs, JSON.stringify([`${i}`, '1'])).inc()
      const [before, after] = [new Reader(directory), new Reader(directory)]
      expect((await before.scrape()).total('jobs_total')).toBe(2 * count)
      const spies = [vi.spyOn(JSON, 'parse'), vi.spyOn(JSON, 'stringify')]
      remove(one, count)
      for (const reader of [before, after]) expect((await reader.scrape()).total('jobs_total')).toBe(0)
      counterOf({ store: two.store }, jobs, '["0","1"]').inc(7)
      for (const reader of [before, after]) expect((await reader.scrape()).total('jobs_total')).toBe(7)
      const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
      for (const spy of spies) spy.mockRestore()
      return calls
    }
    const [few, many] = [await work(100), await work(400)]
    expect(many).toBeLessThan(few * 6)
    expect(many).toBeLessThan(400 * 60)
  })

  test('are carried out by an idle writer in steps, and at once by one that counts between two of them', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const [one, two, three] = [0, 1, 2].map(() => mappedWriter(stage, directory)) as [
      MappedWriter,
      MappedWriter,
      MappedWriter,
    ]
    const count = 3000
    for (const { store } of [two, three])
      for (let i = 0; i < count; i++) counterOf({ store }, jobs, JSON.stringify([`${i}`, '1'])).inc()
    const held = counterOf({ store: three.store }, jobs, '["kept","1"]')
    for (let i = 0; i < count; i++) one.store.remove(jobs, { path: `${i}`, shard: '1' }, 'application')
    const left = ({ store }: MappedWriter): number => [...store.series()].length
    const seen: number[] = []
    for (const _ of steps(two)) seen.push(left(two))
    expect(seen.length).toBeGreaterThan(2)
    expect([...seen].sort((a, b) => b - a)).toEqual(seen)
    expect(left(two)).toBe(0)
    for (const _ of steps(three)) {
      // Not lost with a slot that another series has by now.
      held.inc()
      counterOf({ store: three.store }, jobs, '["0","1"]').inc()
      expect(left(three)).toBe(2)
      break
    }
    expect((await new Reader(directory).scrape()).labelled('jobs_total')).toEqual({
      'path="kept",shard="1"': 1,
      'path="0",shard="1"': 1,
    })
  })

  test('are omitted by a reader in slices, none of which parses more than about a thousand keys', async ({ stage }) => {
    const directory = stage.directory()
    const [one, two] = [mappedWriter(stage, directory), mappedWriter(stage, directory)]
    const count = 4000
    for (let i = 0; i < count; i++) counterOf({ store: two.store }, jobs, JSON.stringify([`${i}`, '1'])).inc()
    const source = new SharedSource(directory, loadBinding().binding)
    await source.read(noPause)
    for (let i = 0; i < count; i++) one.store.remove(jobs, { path: `${i}` }, 'application')
    const parse = vi.spyOn(JSON, 'parse')
    let most = 0
    const rest = async (): Promise<void> => {
      most = Math.max(most, parse.mock.calls.length)
      parse.mockClear()
    }
    const { writers } = await source.read({ due: () => true, rest })
    await rest()
    parse.mockRestore()
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(1500)
    const { log } = writers.find(({ seat }) => seat === 2)!
    expect(log.kinds.filter((kind) => kind === removed).length).toBe(count)
  })

  test('are published in few turns of the lock, and leave none of them incomplete if there is no space', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const { store } = mappedWriter(stage, directory)
    counterOf({ store }, jobs, '["a","1"]').inc()
    const long = 'x'.repeat(1024 * 1024)
    const filters = Array.from({ length: 20 }, (_, i) => ({ path: `${long}${i}`, shard: '1' }))
    expect(() => removeMany(store, jobs, [{ path: 'a', shard: '1' }, ...filters], 'application')).toThrow(/16 MiB/)
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(1)
  })
})

describe.runIf(native)('while another process holds the lock on removals', () => {
  test('a removal delays no other process, is shown by its process at once, and by the others when the lock is free', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const [one, two] = [mappedWriter(stage, directory), mappedWriter(stage, directory)]
    for (const { store } of [one, two]) counterOf({ store }, jobs, '["a","1"]').inc(5)
    const others = new Reader(directory)
    await others.scrape()
    const release = holdRemovals(directory)
    const sleeping = vi.spyOn(Atomics, 'wait')
    one.store.remove(jobs, { path: 'a', shard: '1' }, 'application')
    one.store.remove(jobs, { path: 'a' }, 'application')
    expect(sleeping).not.toHaveBeenCalled()
    sleeping.mockRestore()
    const own = new Reader(one.source)
    expect((await own.scrape()).labelled('jobs_total')).toEqual({})
    counterOf({ store: one.store }, jobs, '["a","1"]').inc(2)
    expect((await own.scrape()).labelled('jobs_total')).toEqual({ 'path="a",shard="1"': 2 })
    // Not published yet: its own part is removed, and has begun again.
    expect((await others.scrape()).labelled('jobs_total')).toEqual({ 'path="a",shard="1"': 7 })
    await until(
      async () => one.faults,
      (faults) => faults.length > 0,
    )
    expect(one.faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^REMOVE_FAILED 2 removals \(jobs_total\) are shown by this process only: another process/),
    ])
    release()
    const scrape = await until(
      () => others.scrape(),
      (seen) => seen.labelled('jobs_total')['path="a",shard="1"'] === 2,
    )
    expect(scrape.total('jobs_total')).toBe(2)
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(2)
    counterOf({ store: two.store }, jobs, '["a","1"]').inc(1)
    expect((await others.scrape()).total('jobs_total')).toBe(3)
    // The next owner of this seat does not remove the counts since.
    one.backend.close()
    mappedWriter(stage, directory)
    expect((await new Reader(directory).scrape()).total('jobs_total')).toBe(3)
    expect(one.faults.length).toBe(1)
  })

  test('each further removal costs as much, however many wait', async ({ stage }) => {
    const work = (count: number): number => {
      const directory = stage.directory()
      const { store, backend } = mappedWriter(stage, directory)
      for (let i = 0; i < count; i++) counterOf({ store }, jobs, JSON.stringify([`${i}`, '1'])).inc()
      const release = holdRemovals(directory)
      const stringify = vi.spyOn(JSON, 'stringify')
      for (let i = 0; i < count; i++) store.remove(jobs, { path: `${i}`, shard: '1' }, 'application')
      const calls = stringify.mock.calls.length
      stringify.mockRestore()
      release()
      backend.close()
      // All of them were published in the end.
      const text = readFileSync(join(directory, controlName)).subarray(headerSize).toString('utf8')
      expect(text.split('\n').filter((line) => line.includes(' r ')).length).toBe(count)
      return calls
    }
    expect(work(1600)).toBeLessThan(work(400) * 6)
  })

  test('a removal that must be published at once is refused, and everything stays', async ({ stage }) => {
    const directory = stage.directory()
    const { store } = mappedWriter(stage, directory)
    counterOf({ store }, jobs, '["a","1"]').inc(5)
    const release = holdRemovals(directory)
    expect(() => removeMany(store, jobs, [{ path: 'a' }], 'application', true)).toThrow(/REMOVE_FAILED|holds the lock/)
    expect([...store.series()].length).toBe(1)
    release()
    removeMany(store, jobs, [{ path: 'a' }], 'application', true)
    expect([...store.series()].length).toBe(0)
  })

  test('a process that ends before it could publish it reports it', async ({ stage }) => {
    const directory = stage.directory()
    const { backend, store, faults } = mappedWriter(stage, directory)
    counterOf({ store }, jobs, '["a","1"]').inc(5)
    const release = holdRemovals(directory)
    store.remove(jobs, { path: 'a' }, 'application')
    backend.close()
    expect(faults.map(({ message }) => message)).toEqual([expect.stringMatching(/this process ends$/)])
    release()
    expect(readFileSync(join(directory, controlName)).subarray(headerSize).toString('utf8')).toBe('')
  })
})

/** What the store of a writer does when it looks around. */
function steps({ store }: MappedWriter): Iterable<void> {
  return (store as unknown as { noticing(): Iterable<void> }).noticing()
}

describe.runIf(native)('removals in any order', () => {
  const value = fc.constantFrom('a', 'b', 'c')
  const shard = fc.constantFrom('1', '2')
  const filter: fc.Arbitrary<LabelFilter> = fc.oneof(
    fc.record({ path: value, shard }),
    fc.record({ path: value }),
    fc.record({ shard }),
    fc.constant({}),
  )
  const who = fc.nat(2)
  const step = fc.oneof(
    fc.record({ do: fc.constant('inc' as const), who, path: value, shard, amount: fc.nat(9) }),
    fc.record({ do: fc.constant('remove' as const), who, filters: fc.array(filter, { minLength: 1, maxLength: 4 }) }),
    fc.record({ do: fc.constant('lock' as const) }),
    fc.record({ do: fc.constant('release' as const) }),
    fc.record({ do: fc.constant('notice' as const), who }),
    fc.record({ do: fc.constant('scrape' as const), who: fc.nat(4) }),
  )

  test('show the same as the model, to every process, while the lock is held at times', () =>
    holds(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (life) => {
        const stage = new Stage()
        try {
          const directory = stage.directory()
          const writers = [0, 1, 2].map(() => mappedWriter(stage, directory))
          const model = new Model()
          const readers = writers.map(({ source }) => new Reader(source))
          const beside = new Reader(directory)
          let release: (() => void) | undefined
          const free = async (): Promise<void> => {
            release?.()
            release = undefined
            for (const reader of readers) await reader.scrape()
            model.release()
          }
          for (const each of [...life, { do: 'release' as const }, { do: 'scrape' as const, who: 3 }]) {
            if (each.do === 'inc') {
              const key = JSON.stringify([each.path, each.shard])
              counterOf({ store: writers[each.who]!.store }, jobs, key).inc(each.amount)
              model.inc(each.who, key, each.amount)
            } else if (each.do === 'remove') {
              removeMany(writers[each.who]!.store, jobs, each.filters, 'application')
              model.remove(each.who, each.filters, release !== undefined)
            } else if (each.do === 'lock') release ??= holdRemovals(directory)
            else if (each.do === 'release') await free()
            else if (each.do === 'notice') for (const _ of steps(writers[each.who]!));
            else {
              const reader = readers[each.who] ?? (each.who === 3 ? beside : new Reader(directory))
              const { scrape } = await reader.read()
              expect(scrape.labelled('jobs_total')).toEqual(model.shown(each.who))
            }
          }
          await free()
          for (const reader of [...readers, beside, new Reader(directory)])
            expect((await reader.scrape()).labelled('jobs_total')).toEqual(model.shown(3))
          expect(writers.flatMap(({ faults }) => faults).filter(({ reason }) => reason !== 'locked')).toEqual([])
        } finally {
          await stage.clear()
        }
      }),
      40,
    ))
})

/** The counts of three writers, and the removals that the others do not know yet. */
class Model {
  private readonly counts = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  private late: { readonly who: number; readonly filters: readonly LabelFilter[] }[] = []

  inc(who: number, key: string, amount: number): void {
    this.counts[who]!.set(key, (this.counts[who]!.get(key) ?? 0) + amount)
  }

  remove(who: number, filters: readonly LabelFilter[], late: boolean): void {
    if (late) this.late.push({ who, filters })
    for (const [i, counts] of this.counts.entries()) if (!late || i === who) drop(counts, filters)
  }

  release(): void {
    for (const { who, filters } of this.late)
      for (const [i, counts] of this.counts.entries()) if (i !== who) drop(counts, filters)
    this.late = []
  }

  /** The series that a writer shows, or a reader without a seat, which does not see unpublished removals. */
  shown(who: number): Record<string, number> {
    const sums: Record<string, number> = {}
    for (const [i, counts] of this.counts.entries()) {
      const own = this.late.filter((each) => each.who === who && i !== who).flatMap(({ filters }) => filters)
      for (const [key, count] of counts) {
        if (own.some((labels) => matches(jobs.labelNames, key, labels))) continue
        const [path, shard] = JSON.parse(key) as string[]
        const name = `path="${path}",shard="${shard}"`
        sums[name] = (sums[name] ?? 0) + count
      }
    }
    return sums
  }
}

function drop(counts: Map<string, number>, filters: readonly LabelFilter[]): void {
  for (const key of [...counts.keys()])
    if (filters.some((labels) => matches(jobs.labelNames, key, labels))) counts.delete(key)
}
