import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test as plainTest } from 'vitest'
import type { Backend } from '../../src/backend.js'
import { backendConformance } from '../../src/testing.js'
import type { Actor } from '../helpers/processes/actor.js'
import { provideDist } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const example = fileURLToPath(new URL('../../examples/backends/files-backend.mjs', import.meta.url))
const program = fileURLToPath(new URL('programs/files.mjs', import.meta.url))

// The example imports the package as applications do: from the build.
provideDist()
const { FilesBackend } = (await import(example)) as { FilesBackend: new (options: { folder: string }) => Backend }

backendConformance(
  'the example backend over files',
  {
    create(after) {
      const stage = new Stage()
      after(() => stage.clear())
      const folder = stage.folder()
      return () => new FilesBackend({ folder })
    },
    supports: { manyWriters: true, outlivesWriters: true, exemplars: true },
  },
  { describe, test: plainTest },
)

describe('processes that count in the example backend over files', () => {
  test('are one application, whichever process answers', async ({ stage }) => {
    const folder = stage.folder()
    const actors = await Promise.all([1, 2, 3, 4].map(() => stage.start(program, { args: [folder] })))
    await Promise.all(actors.map((actor, i) => actor.ask('count', 'jobs_total', { queue: 'mail' }, 1000, i + 1)))
    await Promise.all(actors.map((actor) => actor.ask('observe', 'job_seconds', {}, 50)))
    await Promise.all(actors.map((actor) => actor.ask('flush')))
    for (const actor of actors) {
      const shown = await scrape(actor)
      expect(shown.value('jobs_total{queue="mail"}')).toBe(10_000)
      expect(shown.value('job_seconds_count')).toBe(200)
    }
    await actors[0]!.ask('remove', 'jobs_total', { queue: 'mail' })
    await actors[0]!.ask('flush')
    for (const actor of actors) expect((await scrape(actor)).labelled('jobs_total')).toEqual({})
    // Every process has noticed by then: later counts begin a new series.
    for (const actor of actors) await actor.ask('count', 'jobs_total', { queue: 'mail' }, 1)
    for (const actor of actors) await actor.ask('flush')
    expect((await scrape(actors[3]!)).value('jobs_total{queue="mail"}')).toBe(4)
  })

  test('that are killed or leave are gone on from, and their files do not pile up', async ({ stage }) => {
    const folder = stage.folder()
    // The witness must not be taken for dead because it gets no processor for a moment.
    const options = { args: [folder, '2000'] }
    const witness = await stage.start(program, options)
    for (let i = 1; i <= 4; i++) {
      const actor = await stage.start(program, options)
      await actor.ask('count', 'jobs_total', {}, 10)
      await actor.ask('setGauge', 'level', 'livesum', 1)
      if (i % 2 === 0) {
        await actor.ask('flush')
        await actor.kill('SIGKILL')
      } else {
        // Exits at once, without another flush: it publishes while it exits.
        await actor.ask('exit')
        await actor.ended
      }
      const shown = await until(
        () => scrape(witness),
        (seen) => seen.value('level') === undefined,
      )
      expect(shown.value('jobs_total')).toBe(10 * i)
    }
    expect(snapshotsIn(folder)).toHaveLength(2)
  })

  test('that were taken for dead count every job once when they wake up', async ({ stage }) => {
    const folder = stage.folder()
    const sleeper = await stage.start(program, { args: [folder, '400'] })
    await sleeper.ask('count', 'jobs_total', {}, 10)
    await sleeper.ask('flush')
    sleeper.child.kill('SIGSTOP')
    const file = snapshotsIn(folder)[0]!
    const heir = await until(
      async () => {
        const started = await stage.start(program, { args: [folder, '400'] })
        await started.ask('flush')
        return started
      },
      () => !snapshotsIn(folder).includes(file),
    )
    await heir.ask('count', 'jobs_total', {}, 1)
    sleeper.child.kill('SIGCONT')
    await sleeper.ask('count', 'jobs_total', {}, 5)
    for (const actor of [sleeper, heir, sleeper, heir]) await actor.ask('flush')
    for (const actor of [sleeper, heir]) expect((await scrape(actor)).value('jobs_total')).toBe(16)
  })

  test('continue to count while the engine is unreachable, and report that', async ({ stage }) => {
    const folder = stage.folder()
    const [one, two] = [await stage.start(program, { args: [folder] }), await stage.start(program, { args: [folder] })]
    // In one call: the processes are writing into it.
    renameSync(folder, join(stage.folder(), 'gone'))
    await one.ask('count', 'jobs_total', {}, 7)
    await one.ask('flush')
    expect((await scrape(one)).value('jobs_total')).toBe(7)
    const faults = await one.ask<{ code: string; message: string }[]>('faults')
    expect(new Set(faults.map(({ code }) => code))).toContain('FLUSH_FAILED')
    expect(await one.ask('scrape')).toMatch(/promhive_errors_total\{code="FLUSH_FAILED"\} \d/)
    expect((await scrape(two)).value('jobs_total')).toBeUndefined()
  })

  plainTest('fit in sixty lines', () => {
    expect(readFileSync(example, 'utf8').split('\n').length).toBeLessThanOrEqual(60)
  })
})

/** Whole ones: each process writes a file beside them first. */
function snapshotsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.snapshot'))
}

async function scrape(actor: Actor): Promise<Exposition> {
  return new Exposition(await actor.ask<string>('scrape'))
}
