import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { fileSystemOf } from '../../src/store/shared/file-system.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { canShowThroughFuse, networkDisk } from '../helpers/processes/network-disk.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { canMount, smallDisk } from '../helpers/processes/small-disk.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

type Told = readonly { readonly code?: string; readonly message: string }[]

describe.each(sharedBackends)('$backend: the directory', ({ env }) => {
  test('is private, whatever the umask', async ({ stage }) => {
    const directory = stage.directory()
    const wrapper = ['sh', '-c', 'umask 0 && exec "$@"', 'sh']
    const actor = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory }, wrapper })
    await actor.ask('count', 'jobs_total', { who: 'me' }, 3)
    await actor.ask('exemplar', 'seen_total', {}, { trace_id: 'a' })
    await until(
      async () => (await readDirectory(directory)).scrape,
      (scrape) => scrape.total('jobs_total') === 3,
    )
    expect(modeOf(directory)).toBe('700')
    const files = filesIn(directory)
    expect(files).toEqual(expect.arrayContaining(['control', '0001.values', '0001.series', '0001.exemplars']))
    expect(new Set(files.map((name) => modeOf(join(directory, name))))).toEqual(new Set(['600']))
  })

  test.skipIf(!canMount)('on a read-only file system is not used, with one line of warning', async ({ stage }) => {
    const disk = readOnlyDisk(stage)
    for (const directory of [join(disk, 'metrics'), join(disk, 'there')]) {
      const actor = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
      await actor.ask('count', 'jobs_total', {}, 3)
      for (let i = 0; i < 3; i++) {
        expect(new Exposition(await actor.ask('scrape')).value('jobs_total')).toBe(3)
      }
      const warnings = await actor.ask<Told>('warnings')
      const about = warnings.filter(({ code }) => code !== 'PROMHIVE_BUFFERED')
      expect(about.map(({ code }) => code)).toEqual(['PROMHIVE_DIRECTORY_UNUSABLE'])
      expect(about[0]!.message).toMatch(/read-only|EROFS/)
      expect(about[0]!.message).toMatch(/; counting in this process alone$/)
      const strictly = actor.ask('configure', { dir: directory, strict: true })
      await expect(strictly).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' })
    }
  })

  const disk = mkdtempSync(join(tmpdir(), 'promhive-disk-'))
  const { kind, name } = fileSystemOf(disk)
  rmSync(disk, { recursive: true })
  test.skipIf(kind === 'memory')('on a disk is warned of once, and works', async ({ stage }) => {
    const folder = mkdtempSync(join(tmpdir(), 'promhive-disk-'))
    stage.after(() => rmSync(folder, { recursive: true, force: true }))
    const directory = join(folder, 'metrics')
    const actor = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
    for (let i = 1; i <= 3; i++) {
      await actor.ask('count', 'jobs_total', {}, 1)
      expect(new Exposition(await actor.ask('scrape')).value('jobs_total')).toBe(i)
    }
    const slow = (await actor.ask<Told>('warnings')).filter(({ code }) => code === 'PROMHIVE_DIRECTORY_SLOW')
    expect(slow).toHaveLength(1)
    expect(slow[0]!.message).toContain(`${directory} is on ${name}`)
  })

  test.skipIf(!canShowThroughFuse)('on a network’s file system is warned of once, and works', async ({ stage }) => {
    const directory = join(await networkDisk(stage), 'metrics')
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const actors = [await stage.start('actor.mjs', options), await stage.start('actor.mjs', options)] as const
    for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 2)
    await until(
      async () => new Exposition(await actors[0].ask('scrape')).value('jobs_total'),
      (value) => value === 4,
    )
    const slow = (await actors[0].ask<Told>('warnings')).filter(({ code }) => code === 'PROMHIVE_DIRECTORY_SLOW')
    expect(slow).toHaveLength(1)
    expect(slow[0]!.message).toContain(`${directory} is on FUSE`)
    expect(slow[0]!.message).toContain('processes of other hosts are not seen')
  })
})

/** A disk with a folder on it, that nothing can be written to any more. */
function readOnlyDisk(stage: Stage): string {
  const disk = smallDisk(stage)
  mkdirSync(join(disk, 'there'))
  expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0)
  return disk
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}
