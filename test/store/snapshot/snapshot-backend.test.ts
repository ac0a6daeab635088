import { describe, expect, test } from 'vitest'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import type { MetricsError } from '../../../src/model/errors.js'
import { SnapshotBackend, type SnapshotBackendOptions } from '../../../src/store/snapshot/snapshot-backend.js'
import { decodeSnapshot } from '../../../src/store/snapshot/snapshot-format.js'
import { type SnapshotEngine, SnapshotSource } from '../../../src/store/snapshot/snapshot-source.js'
import { Participant } from '../../../src/testing/conformance.js'
import { counterOf, gaugeOf } from '../../../src/testing/counted.js'
import { jobs, key } from '../../../src/testing/families.js'
import { backendConformance } from '../../../src/testing.js'
import { pause, until } from '../../helpers/processes/until.js'
import { noPause } from '../../helpers/writers.js'

type Engine = Map<string, Uint8Array>

/** An engine that answers later, sometimes not at all, and accepts any names. */
class SlowBackend extends SnapshotBackend {
  readonly name = 'slow'
  failing = false
  constructor(
    private readonly engine: Engine,
    options: SnapshotBackendOptions = {},
  ) {
    super(options)
  }

  protected async publish(writer: string, snapshot: Uint8Array): Promise<void> {
    await this.answer()
    this.engine.set(writer, snapshot)
  }

  protected async readAll(): Promise<Iterable<Uint8Array>> {
    await this.answer()
    return this.engine.values()
  }

  protected override async take(dead: string, writer: string): Promise<boolean> {
    await this.answer()
    const snapshot = this.engine.get(dead)
    if (snapshot === undefined) return false
    this.engine.delete(dead)
    this.engine.set(writer, snapshot)
    return true
  }

  private async answer(): Promise<void> {
    await pause(1 + Math.random() * 3)
    if (this.failing) throw new Error('nobody there')
  }
}

/** One that keeps the snapshots of dead processes, and gives them to no process. */
class KeepingBackend extends SlowBackend {
  protected override take = undefined as never
}

backendConformance(
  'snapshots in an engine that answers later',
  {
    create() {
      const engine: Engine = new Map()
      return () => new SlowBackend(engine)
    },
    supports: { manyWriters: true, outlivesWriters: true, exemplars: true },
  },
  { describe, test },
)

describe('a backend of snapshots', () => {
  test('refuses bytes that are not a snapshot, and shows the others', async () => {
    const engine: Engine = new Map()
    const [one, two] = [new Participant(new SlowBackend(engine)), new Participant(new SlowBackend(engine))]
    for (const process of [one, two]) {
      counterOf(process, jobs, key('a')).inc(5)
      await process.flush()
    }
    const whole = [...engine.values()][0]!
    const later = Buffer.from(whole)
    later.writeUInt32LE(2, 8)
    for (const [name, bytes, reason] of [
      ['stranger', Buffer.from('somebody else’s text, which is quite a bit longer than that'), 'foreign'],
      ['short', Buffer.from('x'), 'foreign'],
      ['cut', whole.subarray(0, whole.length - 3), 'truncated'],
      ['later', later, 'version'],
      ['no bytes', 'text' as unknown as Uint8Array, 'foreign'],
    ] as const) {
      engine.set('odd', bytes)
      const shown = await one.read()
      expect(shown.value('jobs_total{text="a"}'), name).toBe(10)
      expect(shown.errors).toMatchObject([{ code: 'FILE_UNREADABLE', reason }])
    }
    for (const process of [one, two]) await process.end()
  })

  test('reports that a reading is incomplete until it has read the others once', async () => {
    const engine: Engine = new Map()
    const two = new Participant(new SlowBackend(engine))
    counterOf(two, jobs, key('a')).inc(5)
    await two.flush()
    const backend = new SlowBackend(engine)
    backend.failing = true
    const one = new Participant(backend)
    counterOf(one, jobs, key('a')).inc(1)
    const source = backend.openSource()
    expect((await source.read(noPause)).incomplete).toMatchObject({ code: 'READ_FAILED' })
    backend.failing = false
    const whole = await source.read(noPause)
    expect(whole.incomplete).toBeUndefined()
    expect(whole.writers).toHaveLength(2)
    // From then on, the last good snapshots serve.
    backend.failing = true
    const kept = await source.read(noPause)
    expect(kept.incomplete).toBeUndefined()
    expect(kept.writers).toHaveLength(2)
    for (const process of [one, two]) await process.end()
  })

  test('shows the last good values of a process whose snapshot is damaged', async () => {
    const engine: Engine = new Map()
    const [one, two] = [new Participant(new SlowBackend(engine)), new Participant(new SlowBackend(engine))]
    counterOf(two, jobs, key('a')).inc(5)
    await two.flush()
    expect((await one.flushAndRead()).value('jobs_total{text="a"}')).toBe(5)
    const damaged = [...engine.keys()].filter((writer) => writer === two.store.writer)
    expect(damaged).toHaveLength(1)
    for (const writer of damaged) engine.set(writer, Buffer.from('damaged, and long enough to be checked as a whole'))
    for (let i = 0; i < 2; i++) {
      const shown = await one.read()
      expect(shown.value('jobs_total{text="a"}')).toBe(5)
      expect(shown.errors).toMatchObject([{ code: 'FILE_UNREADABLE' }])
    }
    await two.flush()
    counterOf(two, jobs, key('a')).inc(1)
    await two.flush()
    expect((await one.read()).value('jobs_total{text="a"}')).toBe(6)
    for (const process of [one, two]) await process.end()
  })

  test('answers a scrape while its engine hangs, and asks it once', async () => {
    let asked = 0
    const hanging: SnapshotEngine = {
      name: 'hanging',
      liveFor: 1000,
      read: () => {
        asked++
        return new Promise(() => {})
      },
      lastGood: () => undefined,
      notice() {},
      localState: () => ({ writer: 'w', writers: [], removals: {} }),
    }
    const source = new SnapshotSource(hanging, 5)
    const readings = [await source.read(noPause), await source.read(noPause)]
    for (const { incomplete } of readings) expect(incomplete?.message).toMatch(/no answer within/)
    expect(asked).toBe(1)
  })

  test('counts on while its engine is away; the last good numbers of the others serve', async () => {
    const engine: Engine = new Map()
    const backend = new SlowBackend(engine)
    const [one, two] = [new Participant(backend), new Participant(new SlowBackend(engine))]
    counterOf(two, jobs, key('a')).inc(5)
    await two.flush()
    expect((await one.flushAndRead()).value('jobs_total{text="a"}')).toBe(5)
    backend.failing = true
    counterOf(one, jobs, key('a')).inc(1)
    const shown = await one.flushAndRead()
    expect(shown.value('jobs_total{text="a"}')).toBe(6)
    expect(shown.errors.map(({ code }) => code)).toEqual(['READ_FAILED'])
    expect(new Set(one.faults.map(({ code }: MetricsError) => code))).toEqual(new Set(['FLUSH_FAILED', 'READ_FAILED']))
    backend.failing = false
    await one.flush()
    expect((await two.read()).value('jobs_total{text="a"}')).toBe(6)
    for (const process of [one, two]) await process.end()
  })

  test('publishes what changed and nothing else, but a sign of life', async () => {
    const engine: Engine = new Map()
    const process = new Participant(new SlowBackend(engine, { flushEvery: 5, liveFor: 3_000_000 }))
    counterOf(process, jobs, key('a')).inc(1)
    const at = (): number => [...engine.values()].map((bytes) => decodeSnapshot(bytes).head.at)[0] ?? 0
    await until(at, (time) => time > 0)
    // It becomes idle: of twenty checks for changes, none finds any.
    let before = 0
    await until(
      async () => {
        before = at()
        await pause(100)
        return at()
      },
      (after) => after === before,
    )
    counterOf(process, jobs, key('a')).inc(1)
    await until(at, (time) => time > before)
    await process.end()
  })

  test('keeps the numbers of dead processes if no process can take them', async () => {
    const engine: Engine = new Map()
    for (let i = 0; i < 3; i++) {
      const process = new Participant(new KeepingBackend(engine))
      counterOf(process, jobs, key('a')).inc(1)
      gaugeOf(process, 'each', 'all', key('a')).set(i)
      await process.end()
    }
    const last = new Participant(new KeepingBackend(engine))
    const shown = await last.flushAndRead()
    expect(shown.value('jobs_total{text="a"}')).toBe(3)
    expect(Object.values(shown.labelled('each'))).toEqual([0, 1, 2])
    expect(engine.size).toBe(4)
    await last.end()
  })

  test('assigns different seats to processes that begin at one moment', async () => {
    const engine: Engine = new Map()
    const all = Array.from({ length: 5 }, () => new Participant(new SlowBackend(engine)))
    for (const [i, process] of all.entries()) gaugeOf(process, 'each', 'all', key('a')).set(i)
    for (let round = 0; round < 4; round++) for (const process of all) await process.flush()
    expect(Object.values((await all[0]!.read()).labelled('each')).sort()).toEqual([0, 1, 2, 3, 4])
    for (const process of all) await process.end()
  })

  test('carries out removals once, and forgets them when every process has', async () => {
    const engine: Engine = new Map()
    const removed: string[] = []
    const [one, two] = [new SlowBackend(engine), new SlowBackend(engine)]
    const [first, second] = [new Participant(one), new Participant(two)]
    two.begin({ onError() {}, onRemoved: (family: FamilyDescriptor, each) => removed.push(`${family.name} ${each}`) })
    for (const process of [first, second]) {
      counterOf(process, jobs, key('a')).inc(1)
      await process.flush()
    }
    first.store.remove(jobs, { text: 'a' }, 'application')
    for (const process of [first, second, first, second]) await process.flush()
    expect(removed).toEqual(['jobs_total ["a"]'])
    const heads = [...engine.values()].map((bytes) => decodeSnapshot(bytes).head)
    expect(heads.map(({ removals }) => removals)).toEqual([{}, {}])
    counterOf(second, jobs, key('a')).inc(2)
    expect((await second.flushAndRead()).value('jobs_total{text="a"}')).toBe(2)
    for (const process of [first, second]) await process.end()
  })

  test('passes to a reader only the present ones of thousands of series that come and go', async () => {
    const engine: Engine = new Map()
    const [one, two] = [new Participant(new SlowBackend(engine)), new Participant(new SlowBackend(engine))]
    counterOf(one, jobs, key('kept')).inc(1)
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 1_000; i++) {
        counterOf(one, jobs, key(`${round} ${i}`)).inc(i)
        one.store.remove(jobs, { text: `${round} ${i}` }, 'process')
      }
      await one.flush()
      expect((await two.read()).labelled('jobs_total')).toEqual({ 'text="kept"': 1 })
    }
    expect([...engine.values()].map(({ length }) => length).every((length) => length < 500_000)).toBe(true)
    for (const process of [one, two]) await process.end()
  })
})
