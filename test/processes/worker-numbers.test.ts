import { existsSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { hasPm2, Pm2 } from '../helpers/processes/pm2.js'
import { freePort } from '../helpers/processes/port.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { loadOn, SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 240_000

describe.each(sharedBackends)('$backend: the numbers of supervised workers', ({ backend, env }) => {
  test('are those of their slots, through reloads, kills, and a change of their number', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const app = await SupervisedApplication.start(stage, {
      args: ['--workers', '2', '--per-worker', '--dir', directory],
      env,
    })
    let last = await app.scrape()
    const shows = async (is: (scrape: Exposition) => boolean): Promise<Exposition> => {
      const scrape = await app.shows(is)
      if (backend === 'mmap') expect(wentBack(last, scrape)).toEqual([])
      for (const labels of Object.keys(scrape.labelled('app_worker_requests_total')))
        expect(labels).toMatch(/^worker="(\d)",worker_id="\1"$/)
      for (const labels of Object.keys(scrape.labelled('app_worker_memory_bytes')))
        expect(labels).toMatch(/^worker="primary",worker_id="\d"$/)
      last = scrape
      return scrape
    }
    const running = (count: number) => (scrape: Exposition) =>
      [1, 2, 3].filter(
        (id) => scrape.value(`app_worker_state{worker="primary",worker_id="${id}",app_worker_state="running"}`) === 1,
      ).length === count
    /** A predecessor that still answers its last requests keeps its seat, so its second successor would take a third one. */
    const only = (count: number) =>
      until(
        () => app.workerPids(),
        (pids) => pids.length === count,
      )
    const load = loadOn(app.port)
    for (let reload = 1; reload <= 3; reload++) {
      const reached = load.answered() + 100
      await until(load.answered, (answered) => answered > reached)
      app.signal('SIGHUP')
      await shows((seen) => seen.total('app_primary_worker_restarts_total') === 2 * reload)
      await only(2)
    }
    for (const [signal, count] of [
      ['SIGTTIN', 3],
      ['SIGTTOU', 2],
      ['SIGTTIN', 3],
    ] as const) {
      app.signal(signal)
      await shows(running(count))
      await only(count)
      // Each worker has answered requests.
      const reached = load.answered() + 100
      await until(load.answered, (answered) => answered > reached)
    }
    const { sent, faults } = await load.stop()
    expect(faults).toEqual({})
    const counted = await shows((seen) => seen.total('app_worker_requests_total') >= sent)
    expect(counted.total('app_worker_requests_total')).toBe(sent)
    expect(Object.keys(counted.labelled('app_worker_requests_total')).sort()).toEqual(
      [1, 2, 3].map((id) => `worker="${id}",worker_id="${id}"`),
    )
    // Two seats for each worker that was replaced while it ran, however often; those of a buffered process may differ.
    const seats = readdirSync(directory).filter((name) => /\.values$/.test(name))
    if (backend === 'mmap')
      expect(seats.sort()).toEqual(['0001', '0002', '0003', '10000', '10001', '10002'].map((seat) => `${seat}.values`))

    const before = counted.labelled('app_worker_requests_total')
    const [victim] = app.workerPids()
    process.kill(victim!, 'SIGKILL')
    await app.says(new RegExp(`worker \\d \\(${victim}\\)`))
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 3 && !pids.includes(victim!),
    )
    const after = await shows((seen) => seen.total('app_primary_worker_restarts_total') === 7)
    expect(after.labelled('app_worker_requests_total')).toEqual(before)
  })
})

test('threads and child processes of supervised workers take no number of a worker', { timeout }, async ({ stage }) => {
  const app = await SupervisedApplication.start(stage, {
    app: 'counts-beside.mjs',
    args: ['--workers', '2', '--per-worker', '--dir', stage.directory()],
  })
  const scrape = await app.shows((seen) => seen.total('parts_total') === 6)
  const shown = Object.keys(scrape.labelled('parts_total'))
  expect(shown.filter((labels) => labels.includes('main')).sort()).toEqual([
    'part="main",slot="1",worker="1"',
    'part="main",slot="2",worker="2"',
  ])
  const beside = shown.filter((labels) => !labels.includes('main'))
  expect(beside.map((labels) => /worker="(\d+)"/.exec(labels)![1]).sort()).toEqual(['2001', '2002', '2003', '2004'])
})

test('a primary of node:cluster is none of the workers', { timeout }, async ({ stage }) => {
  const primary = await stage.start('cluster.mjs', { env: { PROMHIVE_PER_WORKER: '1' } })
  stage.after(() => removeDirectoriesOf(primary.pid))
  await primary.ask('count', 'jobs_total', { by: 'primary' }, 1)
  for (const name of ['a', 'b']) {
    await primary.ask('startWorker', name)
    await primary.ask('askWorker', name, 'count', 'jobs_total', { by: name }, 2)
  }
  const shown = async () => new Exposition(await primary.ask<string>('scrape')).labelled('jobs_total')
  await until(shown, (seen) => Object.keys(seen).length === 3)
  expect(await shown()).toEqual({
    'by="primary",worker="primary"': 1,
    'by="a",worker="1"': 2,
    'by="b",worker="2"': 2,
  })
  await primary.ask('killWorker', 'a', 'SIGKILL')
  await primary.ask('startWorker', 'c')
  await primary.ask('askWorker', 'c', 'count', 'jobs_total', { by: 'a' }, 3)
  await until(shown, (seen) => seen['by="a",worker="1"'] === 5)
})

test.skipIf(!hasPm2)('the numbers of PM2 are kept by a reload', { timeout }, async ({ stage }) => {
  const pm2 = new Pm2(stage)
  const port = await freePort()
  const application = `${root}/test/processes/programs/http-application.mjs`
  await pm2.run(['start', application, '--name', 'numbers', '-i', '2'], {
    PORT: String(port),
    PROMHIVE_PER_WORKER: '1',
  })
  const { daemon } = pm2
  stage.after(() => removeDirectoriesOf(daemon))
  const scraped = async (): Promise<Record<string, number>> => {
    const answer = await until(
      () => ask(`http://127.0.0.1:${port}/metrics`).catch(() => undefined),
      (answer) => answer?.status === 200,
    )
    return new Exposition(answer!.body).labelled('process_start_time_seconds')
  }
  const numbers = ['worker="1"', 'worker="2"']
  const first = await until(scraped, (seen) => Object.keys(seen).length === 2)
  expect(Object.keys(first).sort()).toEqual(numbers)
  await pm2.run(['reload', 'numbers'])
  const second = await until(scraped, (seen) => numbers.every((each) => (seen[each] ?? 0) > first[each]!))
  expect(Object.keys(second).sort()).toEqual(numbers)
})

/** Removes the directories that a process made for itself and its workers. */
function removeDirectoriesOf(pid: number): void {
  for (const memory of ['/dev/shm', tmpdir()]) {
    const base = join(memory, `promhive-${process.getuid!()}`)
    for (const name of existsSync(base) ? readdirSync(base) : [])
      if (name.split('-')[1] === String(pid)) rmSync(join(base, name), { recursive: true, force: true })
  }
}
