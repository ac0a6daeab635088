import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

describe.each(sharedBackends)('$backend: scrapes per worker', ({ env }) => {
  test('show each worker by its seat, in any process, through a kill and a takeover', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const start = () => stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory, PROMHIVE_PER_WORKER: '1' } })
    const one = await start()
    await one.ask('count', 'jobs_total', { queue: 'a' }, 3)
    const two = await start()
    await two.ask('count', 'jobs_total', { queue: 'a' }, 4)
    await two.ask('observe', 'duration_seconds', {}, 2)
    await two.ask('setGauge', 'level', 'livesum', 9)
    const served = await promhiveServe(stage, ['--dir', directory, '--per-worker'], env)
    const merged = await promhiveServe(stage, ['--dir', directory], env)
    const scrapes = async (): Promise<Exposition[]> => {
      const texts = [await one.ask<string>('scrape'), (await ask(served.url)).body]
      return texts.map((text) => new Exposition(text))
    }
    const all = await until(scrapes, (seen) => seen.every((each) => each.total('jobs_total') === 7))
    const jobs = (first: number, second: number) => ({
      'queue="a",worker="1"': first,
      'queue="a",worker="2"': second,
    })
    for (const each of all) {
      expect(each.labelled('jobs_total')).toEqual(jobs(3, 4))
      expect(each.value('duration_seconds_count{worker="2"}')).toBe(2)
      expect(each.value('duration_seconds_bucket{worker="2",le="+Inf"}')).toBe(2)
      expect(each.labelled('level')).toEqual({ 'worker="2"': 9 })
    }
    expect(all[0]!.text).toBe(all[1]!.text)
    expect(new Exposition((await ask(merged.url)).body).labelled('jobs_total')).toEqual({ 'queue="a"': 7 })

    await two.kill()
    for (const each of await scrapes()) {
      expect(each.labelled('jobs_total')).toEqual(jobs(3, 4))
      expect(each.labelled('level')).toEqual({})
    }
    const successor = await start()
    await successor.ask('count', 'jobs_total', { queue: 'a' }, 1)
    const after = await until(scrapes, (seen) => seen.every((each) => each.total('jobs_total') === 8))
    for (const each of after) expect(each.labelled('jobs_total')).toEqual(jobs(3, 5))
    for (const each of [served, merged]) expect(each.errors()).toBe('')
  })
})

test('a label "worker" of the application is shown as exported_worker, and reported', { timeout }, async ({
  stage,
}) => {
  const directory = stage.directory()
  const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
  await actor.ask('count', 'jobs_total', { worker: 'mailer' }, 3)
  const shown = async () => new Exposition(await actor.ask<string>('scrape')).labelled('jobs_total')
  expect(await shown()).toEqual({ 'worker="mailer"': 3 })
  await actor.ask('configure', { perWorker: true })
  expect(await shown()).toEqual({ 'exported_worker="mailer",worker="1"': 3 })
  expect(await actor.ask('faults')).toMatchObject([{ code: 'LABEL_RESERVED', message: /jobs_total.*exported_worker/ }])
})

test.for(['--per-worker', 'promhive.yaml'])(
  'promhive run shows each worker, chosen by %s',
  { timeout },
  async (how, { stage }) => {
    const folder = stage.folder()
    if (how === 'promhive.yaml') writeFileSync(join(folder, 'promhive.yaml'), 'perWorker: true\n')
    const application = await SupervisedApplication.start(stage, {
      cwd: folder,
      args: ['--workers', '2', '--register', ...(how === '--per-worker' ? [how] : [])],
    })
    await application.ask('/')
    const scrape = await application.shows((seen) => seen.total('http_requests_total') > 0)
    for (const labels of Object.keys(scrape.labelled('http_requests_total'))) expect(labels).toMatch(/worker="[12]"/)
    // A worker that answers scrapes itself shows the same.
    for (const pid of application.workerPids())
      expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toContain('\0PROMHIVE_PER_WORKER=true\0')
  },
)
