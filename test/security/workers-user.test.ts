import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { mappedFilesOf } from '../helpers/processes/open-files.js'
import { filesIn } from '../helpers/processes/reading.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'
import { appUser, canChangeUser, directoryOf, runAs, stranger } from '../helpers/processes/users.js'

const timeout = 120_000

describe.skipIf(!canChangeUser)('SECURITY.md, workers of another user (needs root, and setpriv)', () => {
  test('Root gives the files that it makes to the user that its workers run as, and to no other user.', {
    timeout,
  }, async ({ stage }) => {
    for (const mode of [0o777, 0o700]) {
      const theirs = directoryOf(stage, stranger, mode)
      for (const args of [[], ['--user', String(appUser)]]) {
        const env = { PROMETHEUS_MULTIPROC_DIR: theirs }
        const app = await SupervisedApplication.launch(stage, { args: ['--compat', 'gunicorn', ...args], env })
        expect(await app.ended).not.toBe(0)
        expect(app.output).toContain(`${theirs} belongs to user ${stranger}, and this process runs as user 0`)
        expect(filesIn(theirs)).toEqual([])
      }
    }
    // Files of an earlier application of root there are removed, and not given to the user.
    const directory = directoryOf(stage, 0, 0o755)
    for (const name of ['control', '0001.values', '0001.series', '.leader']) {
      writeFileSync(join(directory, name), 'of root', { mode: 0o600 })
    }
    const args = ['--workers', '1', '--user', String(appUser), '--dir', directory]
    const app = await SupervisedApplication.start(stage, { args })
    await app.ask()
    await app.shows((seen) => seen.total('app_worker_requests_total') === 1)
    expect(filesIn(directory)).toEqual(expect.arrayContaining(['control', '0001.values', '10000.values']))
    const owners = ['.', ...filesIn(directory)].map((name) => statSync(join(directory, name)).uid)
    expect(new Set(owners)).toEqual(new Set([appUser]))
    // A directory with other files is not one of metrics.
    const other = directoryOf(stage, 0, 0o755)
    writeFileSync(join(other, 'libc.so'), '')
    const refused = await SupervisedApplication.launch(stage, {
      args: ['--user', String(appUser), '--dir', other],
    })
    expect(await refused.ended).not.toBe(0)
    expect(refused.output).toContain("has files, and none of promhive's (libc.so)")
    expect(statSync(other).uid).toBe(0)
  })

  test('A primary of root counts together with the workers that its own code starts as another user', {
    timeout,
  }, async ({ stage }) => {
    for (const directory of [directoryOf(stage, appUser, 0o700), directoryOf(stage, 0, 0o777)]) {
      const primary = await stage.start('cluster.mjs', { env: { PROMHIVE_DIR: directory } })
      await primary.ask('setupPrimary', { uid: appUser, gid: appUser })
      await primary.ask('count', 'jobs_total', { who: 'primary' }, 1)
      await primary.ask('startWorker', 'a')
      await primary.ask('askWorker', 'a', 'count', 'jobs_total', { who: 'a' }, 10)
      for (const scrape of ['scrape', 'askWorker'] as const) {
        const seen = await until(
          async () => new Exposition(await primary.ask<string>(scrape, 'a', 'scrape')),
          (exposition) => exposition.total('jobs_total') === 11,
        )
        expect(seen.labelled('jobs_total')).toEqual({ 'who="primary"': 1, 'who="a"': 10 })
      }
      expect(mappedFilesOf(primary.pid, directory)).toEqual([])
      expect(new Set(filesIn(directory).map((name) => statSync(join(directory, name)).uid))).toEqual(new Set([appUser]))
    }
  })

  test('Root maps no file that another user can truncate.', { timeout }, async ({ stage }) => {
    const args = ['--workers', '1', '--user', String(appUser)]
    const app = await SupervisedApplication.start(stage, { args })
    await app.ask()
    const seen = await app.shows((scrape) => scrape.total('app_worker_requests_total') === 1)
    expect(seen.value('app_worker_state{worker_id="1",app_worker_state="running"}')).toBe(1)
    const directory = JSON.parse(await app.ask('/facts')).env.PROMHIVE_DIR as string
    expect(mappedFilesOf(app.pid, '/promhive-run-')).toEqual([])
    expect(mappedFilesOf(app.workerPids()[0]!, '/promhive-run-')).toContain(join(directory, 'control'))
  })

  test('Under `promhive run --user`, the user of the workers can truncate every file of the directory: the supervisor and the service continue.', {
    timeout,
  }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '2', '--user', String(appUser)] })
    const directory = JSON.parse(await app.ask('/facts')).env.PROMHIVE_DIR as string
    app.signal('SIGHUP')
    const restarts = 'app_primary_worker_restarts_total{reason="reload"}'
    await app.shows((seen) => seen.value(restarts) === 2)
    for (const size of ['0', '100']) {
      const all = filesIn(directory).map((name) => join(directory, name))
      expect(runAs(appUser, 'truncate', `--size=${size}`, ...all).status).toBe(0)
      // A worker may die of what its own user does: its successor answers.
      let inARow = 0
      await until(
        async () => {
          inARow = (await get(app.port)) === 200 ? inARow + 1 : 0
        },
        () => inARow >= 4 && app.workerPids().length >= 2,
      )
      // What the supervisor counted is there again, and what workers count from now on.
      const seen = await app.shows(
        (scrape) => (scrape.value(restarts) ?? 0) >= 2 && scrape.total('app_worker_requests_total') > 0,
      )
      const from = seen.total('app_worker_requests_total')
      await until(
        async () => {
          await get(app.port)
          return (await app.scrape()).total('app_worker_requests_total')
        },
        (total) => total > from,
      )
    }
    expect(app.over).toBe(false)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(existsSync(directory)).toBe(false)
  })
})

/** The status of an answer, 0 for none: a connection that ended with its worker has a short timeout. */
async function get(port: number): Promise<number> {
  try {
    return (await ask(`http://127.0.0.1:${port}/`, 'GET', 5000)).status
  } catch {
    return 0
  }
}
