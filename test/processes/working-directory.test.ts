import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

/** A folder to start in, and another one to change to. */
function folders(stage: Stage) {
  const start = stage.folder()
  const elsewhere = join(start, 'elsewhere')
  mkdirSync(elsewhere)
  return { start, elsewhere }
}

async function total(actor: Actor): Promise<number> {
  return new Exposition(await actor.ask('scrape')).total('jobs_total')
}

describe('a relative directory is meant as it was when promhive was loaded', () => {
  test.for(['PROMHIVE_DIR', 'PROMETHEUS_MULTIPROC_DIR', 'prometheus_multiproc_dir'])(
    '%s: in processes that change their working directory before or after they count, or never',
    async (variable, { stage }) => {
      const { start, elsewhere } = folders(stage)
      const options = { cwd: start, env: { [variable]: 'metrics' } }
      const [before, after, never] = await Promise.all(
        [1, 2, 3].map(() => stage.start('changes-directory.mjs', options)),
      )
      await before!.ask('chdir', elsewhere)
      for (const actor of [before!, after!, never!]) await actor.ask('count', 'jobs_total', {}, 1)
      for (const actor of [before!, after!, never!]) expect(await total(actor)).toBe(3)
      await after!.ask('chdir', '/')
      for (const actor of [before!, after!, never!]) expect(await total(actor)).toBe(3)
      expect(readdirSync(elsewhere)).toEqual([])
      expect(await before!.ask('environmentOf', variable)).toBe(join(start, 'metrics'))
    },
  )

  test('in workers and threads that are started from another working directory', async ({ stage }) => {
    const { start, elsewhere } = folders(stage)
    const primary = await stage.start('changes-directory.mjs', { cwd: start, env: { PROMHIVE_DIR: './metrics' } })
    await primary.ask('fork')
    await primary.ask('worker', 0, 'count', 'jobs_total', {}, 1)
    await primary.ask('chdir', elsewhere)
    await primary.ask('fork')
    await primary.ask('thread')
    await primary.ask('worker', 1, 'count', 'jobs_total', {}, 1)
    await primary.ask('inThread', 0, 'count', 'jobs_total', {}, 1)
    expect(await primary.ask('worker', 1, 'where')).toBe(elsewhere)
    await primary.ask('count', 'jobs_total', {}, 1)
    expect(await total(primary)).toBe(4)
    for (const text of [
      await primary.ask<string>('worker', 0, 'scrape'),
      await primary.ask<string>('worker', 1, 'scrape'),
      await primary.ask<string>('inThread', 0, 'scrape'),
    ]) {
      expect(new Exposition(text).total('jobs_total')).toBe(4)
    }
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test('named in code: as it is when configure() is called', async ({ stage }) => {
    const { start, elsewhere } = folders(stage)
    const actors = await Promise.all([1, 2].map(() => stage.start('changes-directory.mjs', { cwd: start })))
    for (const actor of actors) {
      await actor.ask('configure', { dir: 'metrics' })
      await actor.ask('count', 'jobs_total', {}, 1)
    }
    await actors[0]!.ask('chdir', elsewhere)
    for (const actor of actors) expect(await total(actor)).toBe(2)
    // The same directory by another name is the same.
    await actors[0]!.ask('configure', { dir: '../metrics' })
    await actors[0]!.ask('count', 'jobs_total', {}, 1)
    for (const actor of actors) expect(await total(actor)).toBe(3)
  })

  test('set by the application before its first count', async ({ stage }) => {
    const { start, elsewhere } = folders(stage)
    const actor = await stage.start('changes-directory.mjs', { cwd: start })
    await actor.ask('environment', 'PROMHIVE_DIR', 'metrics')
    await actor.ask('count', 'jobs_total', {}, 1)
    await actor.ask('chdir', elsewhere)
    expect(await total(actor)).toBe(1)
    expect(existsSync(join(start, 'metrics', '0001.values'))).toBe(true)
    expect(await actor.ask('environmentOf', 'PROMHIVE_DIR')).toBe(join(start, 'metrics'))
  })

  test('of promhive serve', async ({ stage }) => {
    const { start } = folders(stage)
    const actor = await stage.start('changes-directory.mjs', { cwd: start, env: { PROMHIVE_DIR: 'metrics' } })
    await actor.ask('count', 'jobs_total', {}, 1)
    const served = await promhiveServe(stage, ['--dir', 'metrics'], {}, ['env', '-C', start])
    await until(
      async () => new Exposition((await ask(served.url)).body),
      (seen) => seen.total('jobs_total') === 1,
    )
  })
})
