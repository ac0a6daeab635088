import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { promhive } from '../helpers/processes/command.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const nobody = 65_534
const somebodyElse = 65_533
/** Runs a program as another user. */
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
/** Root may change to another user, which must be able to read this checkout. */
const canBeNobody =
  process.getuid?.() === 0 &&
  spawnSync(asNobody[0]!, [...asNobody.slice(1), process.execPath, '--check', join(root, 'package.json')]).error ===
    undefined &&
  spawnSync(asNobody[0]!, [...asNobody.slice(1), 'ls', join(root, 'test')]).status === 0

const text = async (actor: Actor) => new Exposition(await actor.ask('scrape'))

describe('promhive wipe', () => {
  test('creates a directory, and reports it', async ({ stage }) => {
    const directory = stage.directory()
    const { code, output } = await promhive(stage, ['wipe', directory])
    expect([code, output]).toEqual([0, `promhive: ${directory} is ready for a fresh run\n`])
    expect(modeOf(directory)).toBe('700')
    await promhive(stage, ['wipe', '--mode', '0755'], { PROMETHEUS_MULTIPROC_DIR: directory })
    expect(modeOf(directory)).toBe('755')
  })

  test('removes the counts and no file of other programs, but not under a living application', async ({ stage }) => {
    const directory = stage.directory()
    const env = { PROMHIVE_DIR: directory }
    const first = await stage.start('actor.mjs', { env })
    await first.ask('count', 'jobs_total', {}, 3)
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    const refused = await promhive(stage, ['wipe', directory])
    expect([refused.code, refused.errors]).toEqual([
      1,
      `promhive wipe: ${directory} is in use: stop the application first, or use --force\n`,
    ])
    expect((await text(first)).value('jobs_total')).toBe(3)
    await first.kill()
    expect((await promhive(stage, ['wipe', directory, '--mode', '0700'])).code).toBe(0)
    expect(readdirSync(directory)).toEqual(['notes.txt'])
    const second = await stage.start('actor.mjs', { env })
    await second.ask('count', 'jobs_total', {}, 1)
    expect((await text(second)).value('jobs_total')).toBe(1)
  })

  test('with --force removes the counts of dead processes; living ones restore all their counts', async ({ stage }) => {
    const env = { PROMHIVE_DIR: stage.directory() }
    const actor = await stage.start('actor.mjs', { env })
    await actor.ask('count', 'jobs_total', {}, 3)
    const dead = await stage.start('actor.mjs', { env })
    await dead.ask('count', 'jobs_total', {}, 100)
    await dead.kill()
    expect((await promhive(stage, ['wipe', env.PROMHIVE_DIR, '--force'])).code).toBe(0)
    await actor.ask('count', 'jobs_total', {}, 1)
    await until(
      () => text(actor),
      (scrape) => scrape.value('jobs_total') === 4,
    )
  })

  test('refuses a directory that is not only for metrics, by its own name or by a link', async ({ stage }) => {
    const folder = stage.folder()
    const link = join(folder, 'link')
    for (const path of ['/', '/dev/shm', '/var/tmp', '/etc', '/proc/self', process.env.HOME ?? '/root']) {
      const direct = await promhive(stage, ['wipe', path])
      expect([path, direct.code]).toEqual([path, 1])
      expect(direct.errors).toMatch(/^promhive wipe: the metrics directory \S+ is /)
    }
    symlinkSync('/etc', link)
    const { code, errors } = await promhive(stage, ['wipe', link])
    expect([code, errors]).toEqual([1, expect.stringContaining('the metrics directory /etc is not only for metrics')])
    expect((await promhive(stage, ['wipe', join(folder, 'file')])).code).toBe(0)
    expect((await promhive(stage, ['wipe'])).code).toBe(1)
  })

  test('leaves owner and mode of a directory of other files as they are', async ({ stage }) => {
    const directory = stage.directory()
    mkdirSync(directory)
    chmodSync(directory, 0o750)
    writeFileSync(join(directory, 'libc.so'), '')
    for (const option of [
      ['--mode', '0777'],
      ['--owner', String(process.getuid!())],
    ]) {
      const { code, errors } = await promhive(stage, ['wipe', directory, ...option])
      expect([code, errors]).toEqual([1, expect.stringContaining("has files, and none of promhive's (libc.so)")])
    }
    expect(modeOf(directory)).toBe('750')
    expect((await promhive(stage, ['wipe', directory])).code).toBe(0)
    expect((await promhive(stage, ['wipe', directory, '--mode', '0700', '--force'])).code).toBe(0)
    expect([modeOf(directory), existsSync(join(directory, 'libc.so'))]).toEqual(['700', true])
  })

  test.for([
    [['--mode', '999'], '--mode takes octal permissions such as 0755, got "999"'],
    [['--mode', 'rwx'], '--mode takes octal permissions such as 0755, got "rwx"'],
    [['--owner', 'nobody-of-this-name'], '--owner: there is no user nobody-of-this-name on this machine'],
    [['--owner', 'root:no-such-group'], '--owner: there is no group no-such-group on this machine'],
    [['--bogus'], 'there is no option --bogus'],
  ] as const)('with %j names the fault, and does nothing', async ([args, why], { stage }) => {
    const directory = stage.directory()
    const { code, errors } = await promhive(stage, ['wipe', directory, ...args])
    expect([code, errors.split('\n')[0], existsSync(directory)]).toEqual([1, expect.stringContaining(why), false])
  })
})

describe.runIf(canBeNobody)('a directory that root prepared for another user', () => {
  test('is that of its unprivileged processes, and the next run begins at 0', async ({ stage }) => {
    const { directory } = openFolder(stage)
    const wipe = ['wipe', directory, '--owner', `${nobody}:${nobody}`, '--mode', '0750']
    for (const run of [1, 2]) {
      expect((await promhive(stage, wipe)).code).toBe(0)
      const { uid, gid } = statSync(directory)
      expect([uid, gid, modeOf(directory)]).toEqual([nobody, nobody, '750'])
      const options = { env: { PROMHIVE_DIR: directory }, wrapper: asNobody }
      const actors = [await stage.start('actor.mjs', options), await stage.start('actor.mjs', options)]
      for (const actor of actors) await actor.ask('count', 'jobs_total', {}, run)
      for (const actor of actors) expect((await text(actor)).value('jobs_total')).toBe(2 * run)
      expect(statSync(join(directory, '0002.values')).uid).toBe(nobody)
      await Promise.all(actors.map((actor) => actor.kill()))
    }
  })

  test('shows nothing of a file that a third user put there, and reports it', async ({ stage }) => {
    const { directory } = openFolder(stage)
    expect((await promhive(stage, ['wipe', directory, '--owner', String(nobody)])).code).toBe(0)
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory }, wrapper: asNobody })
    await actor.ask('count', 'jobs_total', {}, 3)
    for (const ending of ['values', 'series']) {
      const laid = join(directory, `0002.${ending}`)
      copyFileSync(join(directory, `0001.${ending}`), laid)
      chmodSync(laid, 0o644)
      chownSync(laid, somebodyElse, somebodyElse)
    }
    const text = await actor.ask<string>('scrape')
    expect(text).toContain('\njobs_total 3\n')
    expect(text).toContain('promhive_unreadable_files{reason="foreign_owner"} 1\n')
    expect(await actor.ask('faults')).toMatchObject([{ code: 'FILE_UNREADABLE', reason: 'foreign_owner' }])
  })
})

/** A path that another user can come to. */
function openFolder(stage: Stage): { directory: string } {
  const folder = stage.folder()
  chmodSync(folder, 0o755)
  return { directory: join(folder, 'metrics') }
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}
