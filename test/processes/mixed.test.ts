import { describe, expect } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

/** Off Linux, a process without the addon does not see the locks of the others. */
const systems = [
  { system: 'Linux', seen: {}, rounds: 4 },
  { system: 'a system without /proc', seen: { PROMHIVE_PROC: 'off' }, rounds: 2 },
]

describe.skipIf(loadBinding().binding === undefined).each(systems)(
  'processes with the addon and without it, in one directory, on $system',
  ({ seen, rounds }) => {
    test("count together, see each other's liveness, and take over the seats of their own kind", { timeout }, async ({
      stage,
    }) => {
      const directory = stage.directory()
      const env = { ...seen, PROMHIVE_DIR: directory }
      const off = { ...env, PROMHIVE_NATIVE: 'off' }
      const mapped = await Promise.all([1, 2].map(() => stage.start('actor.mjs', { env })))
      const buffered = await Promise.all([1, 2].map(() => stage.start('actor.mjs', { env: off })))
      const all = [...mapped, ...buffered]
      for (const [i, actor] of all.entries()) {
        await actor.ask('count', 'jobs_total', { who: String(i) }, 10 ** i)
        await actor.ask('setGauge', 'level', 'livesum', 10 ** i)
      }
      const level = async (wanted: number) => {
        for (const actor of all.filter(({ running }) => running)) {
          await until(
            async () => new Exposition(await actor.ask('scrape')),
            (scrape) => scrape.value('level') === wanted && scrape.total('jobs_total') === 1111,
          )
        }
      }
      await level(1111)
      await mapped[1]!.kill()
      await level(1101)
      await buffered[1]!.kill()
      await level(101)

      const kinds = async () =>
        (await readDirectory(directory)).writers.map(({ seat, live, epoch }) => [seat, live, epoch])
      const before = await kinds()
      expect(before.map(([, live]) => live).sort()).toEqual([false, false, true, true])
      for (const options of [env, off]) {
        const heir = await stage.start('actor.mjs', { env: options })
        await heir.ask('count', 'heirs_total')
        await until(
          () => readDirectory(directory),
          ({ scrape }) => scrape.total('heirs_total') === (options === env ? 1 : 2),
        )
      }
      expect(await kinds()).toEqual(before.map(([seat, live, epoch]) => [seat, true, live ? epoch : Number(epoch) + 1]))
      expect(filesIn(directory).filter((name) => name.endsWith('.values'))).toHaveLength(4)
    })

    test('apply the removals of each other, and keep later counts', { timeout }, async ({ stage }) => {
      const env = { ...seen, PROMHIVE_DIR: stage.directory() }
      const mapped = await stage.start('removes-many.mjs', { env })
      const buffered = await stage.start('removes-many.mjs', { env: { ...env, PROMHIVE_NATIVE: 'off' } })
      const shown = async (actor: typeof mapped) => new Exposition(await actor.ask('scrape')).total('jobs_total')
      const pairs = [
        [mapped, buffered],
        [buffered, mapped],
      ] as const
      for (const [counts, removes] of pairs) {
        await counts.ask('inc', 'a', '1', 5)
        await until(
          () => shown(removes),
          (total) => total === 5,
        )
        await removes.ask('remove', {})
        // Not scraped here, because a scrape applies removals. Counts within 100 ms of one may be removed as well.
        await new Promise((resolve) => setTimeout(resolve, 1_500))
        await counts.ask('inc', 'a', '1', 7)
        await until(
          () => shown(removes),
          (total) => total === 7,
        )
        expect(await shown(counts)).toBe(7)
        await removes.ask('remove', {})
        await until(
          () => shown(counts),
          (total) => total === 0,
        )
      }
    })

    test('begin one run when they start at the same instant on a stale directory', { timeout }, async ({ stage }) => {
      const directory = stage.directory()
      for (let round = 1; round <= rounds; round++) {
        const name = `round_${round}_total`
        const actors = await Promise.all(
          Array.from({ length: 16 }, (_, i) =>
            stage.start('actor.mjs', {
              env: { ...seen, PROMHIVE_DIR: directory, ...(i % 2 === 0 ? { PROMHIVE_NATIVE: 'off' } : {}) },
            }),
          ),
        )
        const start = Date.now() + 50
        await Promise.all(actors.map((actor, i) => actor.ask('at', start + (i % 3), 'count', name, {}, 100)))
        const scrape = await until(
          async () => new Exposition(await actors[0]!.ask('scrape')),
          (seen) => seen.value(name) === 1600,
        )
        expect(scrape.total(name)).toBe(1600)
        expect(scrape.total(`round_${round - 1}_total`)).toBe(0)
        await stage.clearActors()
      }
    })

    test('keep the run going for each other', { timeout }, async ({ stage }) => {
      const directory = stage.directory()
      const env = { ...seen, PROMHIVE_DIR: directory }
      const off = { ...env, PROMHIVE_NATIVE: 'off' }
      // One after the other, each beginning before the last one ends: at least one process runs all the time.
      let last = await stage.start('actor.mjs', { env })
      await last.ask('count', 'jobs_total', {}, 10)
      for (let life = 2; life <= 5; life++) {
        const next = await stage.start('actor.mjs', { env: life % 2 === 0 ? off : env })
        await next.ask('count', 'jobs_total', {}, 10)
        await last.ask('exit')
        await last.ended
        last = next
      }
      const scrape = await until(
        async () => new Exposition(await last.ask('scrape')),
        (seen) => seen.value('jobs_total') === 50,
      )
      expect(scrape.value('jobs_total')).toBe(50)
    })

    test('remove series for each other', { timeout }, async ({ stage }) => {
      const directory = stage.directory()
      const env = { ...seen, PROMHIVE_DIR: directory }
      const mapped = await stage.start('actor.mjs', { env })
      const buffered = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_NATIVE: 'off' } })
      for (const actor of [mapped, buffered]) {
        for (const id of ['a', 'b']) await actor.ask('count', 'jobs_total', { id }, 5)
      }
      const shows = async (wanted: Record<string, number>) => {
        for (const actor of [mapped, buffered]) {
          const scrape = await until(
            async () => new Exposition(await actor.ask('scrape')),
            (seen) => JSON.stringify(seen.labelled('jobs_total')) === JSON.stringify(wanted),
          )
          expect(scrape.labelled('jobs_total')).toEqual(wanted)
        }
      }
      await shows({ 'id="a"': 10, 'id="b"': 10 })
      await mapped.ask('remove', 'jobs_total', { id: 'a' })
      await shows({ 'id="b"': 10 })
      await buffered.ask('remove', 'jobs_total', { id: 'b' })
      await shows({})
      for (const actor of [mapped, buffered]) await actor.ask('count', 'jobs_total', { id: 'a' }, 1)
      await shows({ 'id="a"': 2 })
    })
  },
)
