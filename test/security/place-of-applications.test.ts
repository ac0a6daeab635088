import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { appUser, asUser, canUnshareMounts, stranger } from '../helpers/processes/users.js'

type Warnings = readonly { readonly code?: string; readonly message: string }[]

const usual = `/dev/shm/promhive-${appUser}`

describe.skipIf(!canUnshareMounts)(
  'SECURITY.md, applications that name no directory (needs root, setpriv, and a mount namespace)',
  () => {
    const taken: readonly [what: string, prepare: string, place: RegExp][] = [
      ['no folder', 'true', new RegExp(`^${usual}/`)],
      ['a folder', `mkdir -m 1777 ${usual}`, new RegExp(`^${usual}-2/`)],
      ['a file and a link', `touch ${usual}; ln -s /etc ${usual}-2`, new RegExp(`^${usual}-3/`)],
      [
        'every name with a number',
        `for n in '' -2 -3 -4 -5 -6 -7 -8 -9; do mkdir -m 0777 ${usual}$n; done`,
        new RegExp(`^${usual}-\\w{6}/`),
      ],
    ]

    test.for(taken)(
      'An application that names no directory uses a folder that only its user can enter. Where another user has made that folder first, all processes of the application use the next one, and a warning names the other user. (%s)',
      async ([what, prepare, place], { stage }) => {
        const app = await inPrivateMemory(stage, 'cluster.mjs', prepare)
        await app.ask('count', 'jobs_total', { who: 'primary' }, 1)
        for (const name of ['a', 'b']) await app.ask('startWorker', name)
        await app.ask('askWorker', 'a', 'count', 'jobs_total', { who: 'a' }, 10)
        // The folder becomes free while the application runs: the run does not move.
        enter(app, `rm -rf ${what === 'no folder' ? 'none' : usual}`)
        await app.ask('startWorker', 'late')
        await app.ask('askWorker', 'late', 'count', 'jobs_total', { who: 'late' }, 100)
        await app.ask('startThread', 'thread')
        await app.ask('askThread', 'thread', 'count', 'jobs_total', { who: 'thread' }, 1000)
        for (const scrape of [() => app.ask<string>('scrape'), () => app.ask<string>('askWorker', 'b', 'scrape')]) {
          const seen = await until(
            async () => new Exposition(await scrape()),
            (exposition) => exposition.total('jobs_total') === 1111,
          )
          expect(seen.labelled('jobs_total')).toEqual({
            'who="primary"': 1,
            'who="a"': 10,
            'who="late"': 100,
            'who="thread"': 1000,
          })
        }
        const [found, ...others] = enter(app, 'find /dev/shm -name control').trim().split('\n')
        expect([found, others]).toEqual([expect.stringMatching(place), []])
        const folder = found!.split('/').slice(0, 4).join('/')
        expect(enter(app, `stat -c '%u %a' ${folder}`)).toBe(`${appUser} 700\n`)
        const warnings = (await app.ask<Warnings>('warnings')).filter(({ code }) => code?.startsWith('PROMHIVE_'))
        if (what === 'no folder') expect(warnings).toEqual([])
        else {
          expect(warnings).toMatchObject([{ code: 'PROMHIVE_DIRECTORY_TAKEN' }])
          expect(warnings[0]!.message).toBe(
            `${usual} belongs to user ${stranger}, and this process runs as user ${appUser}: this application counts in ${folder} instead; root or user ${stranger} can remove it; name a directory of this user with PROMHIVE_DIR`,
          )
        }
      },
    )

    test('promhive doctor names the user that has created the folder', async ({ stage }) => {
      const app = await inPrivateMemory(stage, 'actor.mjs', `mkdir ${usual}`)
      const doctor = [...asUser(appUser), process.execPath, join(root, 'dist', 'esm', 'cli', 'bin.js'), 'doctor']
      const output = enter(app, doctor.join(' '))
      expect(output).toContain(`${usual} belongs to user ${stranger}`)
      expect(output).toContain(`→ root or user ${stranger} can remove it; name a directory of this user`)
    })
  },
)

/** Starts a program as a user in a mount namespace with an empty /dev/shm, in which a stranger did something before. */
async function inPrivateMemory(stage: Stage, program: string, prepare: string): Promise<Actor> {
  const mount = 'mount -t tmpfs -o mode=1777 promhive-test /dev/shm'
  const before = asUser(stranger).join(' ')
  const script = `${mount} && ${before} sh -c "$0" && exec ${asUser(appUser).join(' ')} "$@"`
  return stage.start(program, { wrapper: ['unshare', '--mount', 'sh', '-c', script, prepare] })
}

/** What a command of root's prints in the namespace of a process. */
function enter({ pid }: Actor, command: string): string {
  const { stdout, stderr } = spawnSync('nsenter', [`--mount=/proc/${pid}/ns/mnt`, 'sh', '-c', command], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout
}
