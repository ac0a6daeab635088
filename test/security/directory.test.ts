import {
  chmodSync,
  chownSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import { controlName } from '../../src/store/shared/format.js'
import type { Actor } from '../helpers/processes/actor.js'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { openFilesOf } from '../helpers/processes/open-files.js'
import { filesIn } from '../helpers/processes/reading.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { appUser, asUser, canChangeUser, directoryOf, runAs, stranger } from '../helpers/processes/users.js'

/** Processes of root and of a user; without the addon, of a user alone. */
const users = [
  { as: 'mmap, root', env: {}, uid: 0 },
  { as: 'mmap, a user', env: {}, uid: appUser },
  { as: 'buffered, a user', env: { PROMHIVE_NATIVE: 'off' }, uid: appUser },
] as const

describe.skipIf(!canChangeUser)('SECURITY.md, the metrics directory (needs root, and setpriv)', () => {
  describe.each(users)('$as', ({ env, uid }) => {
    /** What the way of writing makes no difference to. */
    const either = test.skipIf('PROMHIVE_NATIVE' in env)

    const actorIn = (stage: Stage, directory: string, by: number = uid): Promise<Actor> =>
      stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory }, wrapper: by === 0 ? [] : asUser(by) })

    either('A new directory has mode 0700, and its files have mode 0600, whatever the umask.', async ({ stage }) => {
      const directory = join(directoryOf(stage, uid, 0o700), 'new')
      const wrapper = [...(uid === 0 ? [] : asUser(uid)), 'sh', '-c', 'umask 0 && exec "$@"', 'sh']
      const actor = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory }, wrapper })
      await actor.ask('count', 'jobs_total', {}, 3)
      await actor.ask('exemplar', 'seen_total', {}, { trace_id: 'a' })
      await actor.ask('scrape')
      expect(filesIn(directory)).toEqual(
        expect.arrayContaining(['control', '0001.values', '0001.series', '0001.exemplars']),
      )
      const modes = ['.', ...filesIn(directory)].map((name) => statSync(join(directory, name)).mode & 0o777)
      expect(modes[0]).toBe(0o700)
      expect(new Set(modes.slice(1))).toEqual(new Set([0o600]))
    })

    either(
      'a directory that this user may not write to, or enter, is refused, and the error names a remedy',
      async ({ stage }) => {
        const actor = await stage.start('actor.mjs', { env, wrapper: asUser(appUser) })
        for (const [owner, mode, fault] of [
          [0, 0o755, `belongs to user 0, and this process, as user ${appUser}, cannot write to it (EACCES)`],
          [stranger, 0o755, `belongs to user ${stranger}, and this process runs as user ${appUser}`],
        ] as const) {
          const directory = directoryOf(stage, owner, mode)
          const refused = actor.ask('configure', { dir: directory, strict: true })
          await expect(refused).rejects.toMatchObject({
            code: 'DIRECTORY_UNUSABLE',
            message: expect.stringContaining(`${directory} ${fault}; change its owner (chown ${appUser} ${directory}`),
          })
        }
      },
    )

    either(
      'A process joins a directory of its own user, of root, or, as root, of the user that its workers run as. It refuses any other with `DIRECTORY_UNUSABLE`, whatever the mode.',
      async ({ stage }) => {
        const actor = await stage.start('actor.mjs', { env, wrapper: uid === 0 ? [] : asUser(uid) })
        for (const mode of [0o1777, 0o777, 0o755, 0o700]) {
          const directory = directoryOf(stage, stranger, mode)
          const refused = actor.ask('configure', { dir: directory, strict: true })
          await expect(refused, mode.toString(8)).rejects.toMatchObject({
            code: 'DIRECTORY_UNUSABLE',
            message: expect.stringContaining(`belongs to user ${stranger}, and this process runs as user ${uid}`),
          })
          expect(filesIn(directory)).toEqual([])
        }
        for (const directory of [directoryOf(stage, uid, 0o700), directoryOf(stage, 0, 0o777)]) {
          await actor.ask('configure', { dir: directory, strict: true })
          await actor.ask('count', 'jobs_total', {}, 1)
          expect(filesIn(directory)).toContain('0001.values')
        }
        expect(openFilesOf(actor.pid, '/metrics/')).not.toEqual([])
      },
    )

    test('A `control` file of another user is refused. The error names the file, its user, and what to do.', async ({
      stage,
    }) => {
      const directory = directoryOf(stage, 0, 0o777)
      const first = await actorIn(stage, directory, stranger)
      await first.ask('count', 'jobs_total', {}, 1000)
      const control = join(directory, controlName)
      const cases = [
        { mode: 0o600, owner: stranger },
        { mode: 0o666, owner: stranger },
        // A file of root's that only root may write to.
        ...(uid === 0 ? [] : [{ mode: 0o600, owner: 0 }]),
      ]
      for (const { mode, owner } of cases) {
        chmodSync(control, mode)
        chownSync(control, owner, owner)
        const actor = await actorIn(stage, directory)
        await actor.ask('count', 'jobs_total', {}, 3)
        expect(new Exposition(await actor.ask('scrape')).value('jobs_total')).toBe(3)
        expect(await actor.ask('faults')).toMatchObject([
          {
            code: 'DIRECTORY_UNUSABLE',
            message: expect.stringMatching(
              `${control} belongs to user ${owner}, and this process runs as user ${uid}; remove ${control} .*PROMHIVE_DIR`,
            ),
          },
        ])
        expect(openFilesOf(actor.pid, directory)).toEqual([])
      }
    })

    test('A seat of another user is neither taken over nor shown. The scrape reports `foreign_owner`, and shows all other seats.', async ({
      stage,
    }) => {
      const directory = directoryOf(stage, 0, 0o777)
      const first = await actorIn(stage, directory)
      await first.ask('count', 'jobs_total', {}, 1)
      const dead = await actorIn(stage, directory)
      await dead.ask('count', 'jobs_total', {}, 100)
      await dead.ask('scrape')
      await dead.kill()
      // According to the files, it was the other user's from the beginning.
      for (const name of filesIn(directory).filter((name) => name.startsWith('0002'))) {
        chownSync(join(directory, name), stranger, stranger)
        chmodSync(join(directory, name), 0o666)
      }
      const before = readFileSync(join(directory, '0002.values'))
      const next = await actorIn(stage, directory)
      await next.ask('count', 'jobs_total', {}, 10)
      const text = await until(
        () => next.ask<string>('scrape'),
        (seen) => new Exposition(seen).value('jobs_total') === 11,
      )
      expect(text).toContain('promhive_unreadable_files{reason="foreign_owner"} 1\n')
      expect(filesIn(directory)).toContain('0003.values')
      expect(readFileSync(join(directory, '0002.values'))).toEqual(before)
      expect(openFilesOf(next.pid, '/0002.')).toEqual([])
    })

    test('write permission of other users is taken from a file before it is written to', async ({ stage }) => {
      const directory = directoryOf(stage, uid, 0o700)
      const first = await actorIn(stage, directory)
      await first.ask('count', 'jobs_total', {}, 1)
      const dead = await actorIn(stage, directory)
      await dead.ask('count', 'jobs_total', {}, 10)
      await dead.ask('scrape')
      await dead.kill()
      for (const name of filesIn(directory)) chmodSync(join(directory, name), 0o666)
      const next = await actorIn(stage, directory)
      await next.ask('count', 'jobs_total', {}, 100)
      const seen = await until(
        async () => new Exposition(await next.ask('scrape')),
        (scrape) => scrape.value('jobs_total') === 111,
      )
      expect(seen.value('jobs_total')).toBe(111)
      // Files that other users may read remain readable.
      const modes = ['control', '0002.values', '0002.series'].map(
        (name) => statSync(join(directory, name)).mode & 0o777,
      )
      expect(modes).toEqual([0o644, 0o644, 0o644])
    })

    test('A symbolic link with the name of a file is not followed. Neither is a link to the directory that another user made, or can replace.', async ({
      stage,
    }) => {
      const directory = directoryOf(stage, uid, 0o700)
      const precious = join(dirname(directory), 'precious')
      writeFileSync(precious, 'precious')
      chownSync(precious, uid, uid)
      for (const name of [
        'control',
        '0001.values',
        '0001.series',
        '0001.exemplars',
        '.leader',
        '.beginning.claim-0123456789abcdef',
      ]) {
        symlinkSync(precious, join(directory, name))
      }
      const actor = await actorIn(stage, directory)
      await actor.ask('exemplar', 'seen_total', {}, { trace_id: 'a' })
      expect(new Exposition(await actor.ask('scrape')).value('seen_total')).toBe(1)
      expect(await actor.ask('faults')).toEqual([])
      expect(readFileSync(precious, 'utf8')).toBe('precious')

      const sticky = directoryOf(stage, 0, 0o1777)
      const theirs = directoryOf(stage, stranger, 0o755)
      for (const place of [sticky, theirs]) {
        expect(runAs(stranger, 'ln', '-s', directory, join(place, 'link')).status).toBe(0)
        const refused = actor.ask('configure', { dir: join(place, 'link'), strict: true })
        await expect(refused).rejects.toMatchObject({
          code: 'DIRECTORY_UNUSABLE',
          message: expect.stringContaining('is a link'),
        })
      }
      const own = join(directoryOf(stage, uid, 0o755), 'link')
      symlinkSync(directory, own)
      await actor.ask('configure', { dir: own, strict: true })
    })

    test('A file that has a hard link outside of the directory is not written to.', async ({ stage }) => {
      const directory = directoryOf(stage, uid, 0o700)
      const precious = join(dirname(directory), 'precious')
      writeFileSync(precious, Buffer.alloc(20_000, 7), { mode: 0o600 })
      chownSync(precious, uid, uid)
      for (const names of [
        ['control'],
        ['0001.values', '0002.series', '0003.exemplars', '.leader', '.beginning.claim-0123456789abcdef'],
      ]) {
        for (const name of names) linkSync(precious, join(directory, name))
        const actor = await actorIn(stage, directory)
        await actor.ask('exemplar', 'seen_total', {}, { trace_id: 'a' })
        expect(new Exposition(await actor.ask('scrape')).value('seen_total')).toBe(1)
        await actor.kill()
        expect(Buffer.alloc(20_000, 7).equals(readFileSync(precious)), names[0]).toBe(true)
        expect(runAs(uid, 'sh', '-c', `rm -f '${directory}'/* '${directory}'/.[a-z]*`).status).toBe(0)
      }
    })

    either(
      'In a directory of root’s that all users can write to, another user can remove files, and with them the counts of processes that have ended. That user cannot read or change the files, and cannot end a process.',
      async ({ stage }) => {
        const directory = directoryOf(stage, 0, 0o777)
        const actor = await actorIn(stage, directory)
        await actor.ask('count', 'jobs_total', {}, 100)
        await actor.ask('scrape')
        const files = filesIn(directory).map((name) => join(directory, name))
        for (const file of files) {
          expect(runAs(stranger, 'cat', file).status).not.toBe(0)
          expect(runAs(stranger, 'truncate', '--size=0', file).status).not.toBe(0)
        }
        expect(new Exposition(await actor.ask('scrape')).value('jobs_total')).toBe(100)
        const script = `cd '${directory}' && rm -rf .[a-z]* * && for f in control 0001.values 0001.series; do head -c 20000 /dev/zero >$f; done`
        expect(runAs(stranger, 'sh', '-c', script).status).toBe(0)
        await actor.ask('count', 'jobs_total', {}, 11)
        await actor.ask('scrape')
        expect((await actor.ask<{ code: string }[]>('faults')).map(({ code }) => code)).toContain('DIRECTORY_UNUSABLE')
        expect(runAs(stranger, 'sh', '-c', `rm -f '${directory}'/*`).status).toBe(0)
        await actor.ask('count', 'jobs_total', {}, 1)
        await until(
          async () => new Exposition(await actor.ask('scrape')),
          (scrape) => scrape.value('jobs_total') === 112,
        )
      },
    )

    either(
      'in a folder that other users can write to, they can take the directory away. The processes then count in memory, and report it.',
      async ({ stage }) => {
        const directory = join(directoryOf(stage, stranger, 0o777), 'metrics')
        const actor = await actorIn(stage, directory)
        await actor.ask('count', 'jobs_total', {}, 100)
        const away = `mv '${directory}' '${directory}-away' && mkdir -m 1777 '${directory}'`
        expect(runAs(stranger, 'sh', '-c', away).status).toBe(0)
        await actor.ask('count', 'jobs_total', {}, 11)
        await actor.ask('scrape')
        expect(await actor.ask('faults')).toContainEqual(
          expect.objectContaining({
            code: 'DIRECTORY_UNUSABLE',
            message: expect.stringContaining(`belongs to user ${stranger}`),
          }),
        )
        expect(filesIn(directory)).toEqual([])
        expect(runAs(stranger, 'rmdir', directory).status).toBe(0)
        await until(
          async () => new Exposition(await actor.ask('scrape')),
          (scrape) => scrape.value('jobs_total') === 111,
        )
      },
    )
  })

  test('`promhive serve`, `inspect`, `top` and `doctor` write nothing to the directory, and map none of promhive’s files.', async ({
    stage,
  }) => {
    const directory = directoryOf(stage, appUser, 0o700)
    const options = { env: { PROMHIVE_DIR: directory }, wrapper: asUser(appUser) }
    const actor = await stage.start('actor.mjs', options)
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.kill()
    const contents = (): unknown =>
      ['.', ...filesIn(directory)].map((name) => {
        const { mtimeMs, ctimeMs, size, uid } = statSync(join(directory, name))
        return { name, mtimeMs, ctimeMs, size, uid }
      })
    const before = contents()
    expect((await promhive(stage, ['inspect', directory])).output).toContain('jobs_total: 1 series')
    expect((await promhive(stage, ['top', directory, '--count', '1'])).errors).not.toContain('belongs to user')
    await promhive(stage, ['doctor', directory])
    const served = await promhiveServe(stage, ['--dir', directory])
    expect(await (await fetch(served.url)).text()).toContain('jobs_total 3\n')
    expect(openFilesOf(served.pid, directory)).toEqual([])
    await served.stop()
    expect(contents()).toEqual(before)
  })

  test('`promhive wipe` removes only files with promhive’s names, and with `--python` those of Python’s client. It changes owner and mode of the directory that it checked, and refuses one of a third user.', async ({
    stage,
  }) => {
    const directory = directoryOf(stage, appUser, 0o755)
    const kept = ['0001.values.bak', 'notes.txt', 'control.old', '0001.valuesX', 'x0001.values', '.tmp']
    const removed = [
      'control',
      '0001.values',
      '0001.series',
      '12345.exemplars',
      '0002.claim-0123456789abcdef',
      '.alive-0123456789abcdef0123456789abcdef',
      '.leader',
      'bad-x',
    ]
    for (const name of [...kept, ...removed]) writeFileSync(join(directory, name), '')
    for (const args of [[], ['--owner', String(stranger)], ['--mode', '0777'], ['--force']]) {
      const { code, errors } = await promhive(stage, ['wipe', directory, ...args])
      expect([args, code, errors]).toEqual([args, 1, expect.stringContaining(`belongs to user ${appUser}`)])
    }
    expect(readdirSync(directory)).toHaveLength(kept.length + removed.length)
    expect((await promhive(stage, ['wipe', directory, '--owner', String(appUser), '--mode', '0750'])).code).toBe(0)
    expect(readdirSync(directory).sort()).toEqual(kept.sort())
    const { uid, mode } = statSync(directory)
    expect([uid, mode & 0o777]).toEqual([appUser, 0o750])
    // A path that another user can replace may lead elsewhere after the check: only the checked file is changed.
    const theirs = directoryOf(stage, stranger, 0o755)
    const etc = directoryOf(stage, 0, 0o755, 'etc')
    writeFileSync(join(etc, 'passwd'), '')
    renameSync(theirs, `${theirs}-away`)
    symlinkSync(etc, theirs)
    chownSync(dirname(theirs), stranger, stranger)
    const { code } = await promhive(stage, ['wipe', theirs, '--owner', String(stranger), '--mode', '0777'])
    expect(code).toBe(1)
    expect([statSync(etc).uid, statSync(etc).mode & 0o777]).toEqual([0, 0o755])
  })
})
