import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/store/redis/change.js'
import { Ledger } from '../../../src/store/redis/ledger.js'
import { Names } from '../../../src/store/redis/names.js'
import { openSeries } from '../../../src/store/redis/open-series.js'
import { counterFamily } from '../../../src/testing/families.js'
import { randomFrom } from '../../helpers/processes/random.js'

const families = ['a_total', 'b_total', 'c_total'].map((name) => counterFamily(name))
const pause = { due: () => false, rest: async () => {} }

describe('the content of a ledger in Redis', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'equals that of the writer, whatever happens between two steps (seed %i)',
    async (seed) => {
      const random = randomFrom(seed)
      const below = (end: number): number => Math.floor(random() * end)
      const ledger = new Ledger()
      const redis = new ToldRedis()
      const something = (): void => {
        const family = families[below(3)]!
        const key = JSON.stringify([`series ${below(400)}`])
        const entry = ledger.get(family, key)
        if (entry === undefined) ledger.open(family, key, 0, 1)
        else if (random() < 0.4) {
          ledger.remove([...ledger.families.values()].find((known) => known.family === family)!, key)
          return
        }
        const { segment, at } = ledger.get(family, key)!.run
        segment.values[at]! += 1
      }
      for (let round = 0; round < 60; round++) {
        for (let i = below(300); i > 0; i--) something()
        if (random() < 0.3) ledger.begin(random() < 0.3 ? round * 10 : 0)
        const steps = ledger.preparing()[Symbol.iterator]()
        for (let i = below(600); i > 0 && !steps.next().done; i--) {
          if (random() < 0.5) something()
          if (random() < 0.005) ledger.begin()
        }
        const change = ledger.change()
        something()
        redis.take(change)
        ledger.taken(change)
        // Counts after the change are in the next one.
        redis.take(ledger.change(), ledger)
        expect(await redis.shown()).toEqual(shownOf(ledger))
      }
    },
  )

  test('does not grow with series that come and go while Redis is away', async () => {
    const ledger = new Ledger()
    const redis = new ToldRedis()
    const [family] = families
    const churn = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const key = JSON.stringify([`gone ${i}`])
        ledger.open(family!, key, 0, 1)
        ledger.remove([...ledger.families.values()][0]!, key)
      }
    }
    for (let i = 0; i < 1200; i++) ledger.open(family!, JSON.stringify([`${i}`]), 0, 1).run.segment.values.fill(i)
    redis.take(ledger.change(), ledger)
    // On its way, and stays as it is.
    ledger.open(family!, JSON.stringify(['late']), 0, 1)
    const change = ledger.change()
    churn(20_000)
    // Nothing but the names of those that are there is to be made ready.
    expect(linesOf(ledger)).toBeLessThan(2500)
    redis.take(change, ledger)
    // The same while the names are being made ready.
    const steps = ledger.preparing()[Symbol.iterator]()
    for (let i = 0; i < 300; i++) steps.next()
    churn(20_000)
    expect(linesOf(ledger)).toBeLessThan(2500)
    while (!steps.next().done);
    const next = ledger.change()
    expect(next.whole).toBe(true)
    expect(next.entries.length).toBe(1201)
    redis.take(next, ledger)
    expect(await redis.shown()).toEqual(shownOf(ledger))
  })
})

/** What a Redis makes of changes, and a reader of that. */
class ToldRedis {
  private values: Buffer = Buffer.alloc(0)
  private names: Buffer = Buffer.alloc(0)

  take(change: Change, ledger?: Ledger): void {
    if (change.whole) [this.values, this.names] = [Buffer.alloc(0), Buffer.alloc(0)]
    expect([this.values.length, this.names.length]).toEqual([change.before.values, change.before.names])
    for (const { offset, bytes } of change.values) this.values = written(this.values, offset, bytes)
    for (const { offset, bytes } of change.names) this.names = written(this.names, offset, bytes)
    expect([this.values.length, this.names.length]).toEqual([change.after.values, change.after.names])
    ledger?.taken(change)
  }

  async shown(): Promise<Record<string, number>> {
    const names = new Names()
    await names.read(Buffer.from(this.names), pause)
    expect(names.faults).toBe(0)
    const log = names.log()
    const opens = Array.from(await openSeries(log, pause), ([slot, i]) => [
      `${log.families[log.familyOf[i]!]!.name} ${log.keyOf[i]}`,
      this.values.readDoubleLE(slot * 8),
    ])
    // No series is sent twice.
    expect(new Set(opens.map(([name]) => name)).size).toBe(opens.length)
    return Object.fromEntries(opens)
  }
}

/** How many lines the ledger holds as text. */
function linesOf(ledger: Ledger): number {
  return (ledger as unknown as { lines: { waiting: number } }).lines.waiting
}

function shownOf(ledger: Ledger): Record<string, number> {
  const all = [...ledger.families.values()].flatMap(({ family, series }) =>
    Array.from(series, ([key, { run }]) => [`${family.name} ${key}`, run.segment.values[run.at]!]),
  )
  return Object.fromEntries(all)
}

function written(buffer: Buffer, offset: number, bytes: Uint8Array): Buffer {
  const wider = Buffer.alloc(Math.max(buffer.length, offset + bytes.length))
  wider.set(buffer)
  wider.set(bytes, offset)
  return wider
}
