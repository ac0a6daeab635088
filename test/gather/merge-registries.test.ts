import { describe, expect, test, vi } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import { Table } from '../../src/gather/table.js'
import { Counter, Gauge, Registry } from '../../src/index.js'
import type { FamilyTable } from '../../src/model/family.js'
import { layoutOf } from '../../src/model/layout/layout-of.js'
import { counterFamily, gaugeFamily, noPause, TestWriter } from '../helpers/writers.js'

describe('a merge for some registries', () => {
  test('has the same tables as one for all, whatever was merged before', async () => {
    const random = numbersFrom(7)
    const names = ['default', '~registry 1', '~registry 2']
    const families = names.flatMap((registry) => [
      counterFamily('jobs', { labelNames: ['a'], registry }),
      gaugeFamily('depth', 'all', { labelNames: ['a'], registry }),
      gaugeFamily('peak', 'max', { labelNames: ['a'], registry }),
    ])
    const writers = [1, 2, 3].map((seat) => new TestWriter(seat))
    const open = new Map<string, number>()
    const [whole, parts] = [new Merger(), new Merger()]
    for (let step = 0; step < 300; step++) {
      for (const writer of writers) writer.createdAt = 1000 - step
      for (let event = 0; event < 4; event++) {
        const [w, f, label] = [random(3), random(families.length), `${random(4)}`]
        const [writer, family] = [writers[w]!, families[f]!]
        const id = `${w} ${f} ${label}`
        const at = open.get(id)
        if (at === undefined) {
          const { width } = layoutOf(family)
          open.set(
            id,
            writer.open(
              family,
              [label],
              Array.from({ length: width }, () => 1 + random(9)),
            ),
          )
        } else if (random(2) === 0) {
          writer.remove(family, [label], at)
          open.delete(id)
        } else writer.values[at] = 1 + random(9)
      }
      if (random(10) === 0) writers[random(3)]!.live = random(2) === 0
      const requested = new Set(names.filter(() => random(2) === 0))
      const all = await whole.merge(writers, noPause, 0)
      const some = await parts.merge(writers, noPause, 0, requested)
      const expected = all.tables.filter(({ family }) => requested.has(family.registry))
      expect(byName(some.tables), `step ${step}`).toEqual(byName(expected))
    }
  })
})

test('the work of a scrape of one registry does not grow with the number of registries', async () => {
  const sorts = vi.spyOn(Table.prototype, 'sort')
  const begins = vi.spyOn(Table.prototype, 'begin')
  /** Makes registries, each of which is scraped once; returns how often a scrape worked on a table. */
  const scraped = async (count: number): Promise<number> => {
    const before = sorts.mock.calls.length + begins.mock.calls.length
    for (let i = 0; i < count; i++) {
      const registry = new Registry()
      new Counter({ name: 'probes_total', help: 'Probes.', registers: [registry] }).inc(i)
      new Gauge({ name: 'probe_seconds', help: 'Duration.', registers: [registry] }).set(i)
      expect(await registry.metrics()).toContain(`probes_total ${i}\n`)
    }
    return sorts.mock.calls.length + begins.mock.calls.length - before
  }
  try {
    const few = await scraped(30)
    expect(few).toBeGreaterThanOrEqual(30)
    // Four times as many, and those before are still there: with a look at each of them it would be about 25 times.
    expect(await scraped(120)).toBeLessThanOrEqual(6 * few)
  } finally {
    vi.restoreAllMocks()
  }
})

/** What a scrape shows of tables: by registry and name, each series with its merged slots and the time of its creation. */
function byName(tables: readonly FamilyTable[]): object {
  return Object.fromEntries(
    tables
      .map(({ family, order, keys, bases, slots, layout, created }): [string, object] => [
        `${family.registry} ${family.name}`,
        [...order].map((row) => {
          const at = bases[row]!
          return [keys[row], created[row], [...slots.slice(at, at + layout.mergedWidth)]]
        }),
      ])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** Random whole numbers below a limit, the same in each run. */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * limit)
  }
}
