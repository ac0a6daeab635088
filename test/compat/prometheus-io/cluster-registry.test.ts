import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { hasNode24, node24 } from '../../helpers/processes/node24.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { root } from '../../helpers/source-imports.js'

const program = join(root, 'test', 'compat', 'programs', 'prometheus-io-cluster.cjs')

/** The Node.js that the client needs where it is there; the entry works with both. */
const node = hasNode24 ? node24 : process.execPath

async function scraped(application: Actor, worker?: number): Promise<Exposition> {
  const text =
    worker === undefined ? application.ask<string>('scrape') : application.ask<string>('worker', worker, 'scrape')
  return new Exposition(await text)
}

async function started(stage: Stage): Promise<Actor> {
  const application = await stage.start(program, { node })
  await application.ask('count', 5)
  for (const worker of [1, 2, 3]) await application.ask('worker', worker, 'count', 10)
  return application
}

const mail = { 'queue="mail"': 35 }

describe('a ClusterRegistry', { concurrent: true }, () => {
  test('shows from any process what all have counted, through a killed worker', async ({ stage }) => {
    const application = await started(stage)
    for (const worker of [undefined, 1, 2])
      expect((await scraped(application, worker)).labelled('jobs_total')).toEqual(mail)
    await application.ask('killWorker', 1)
    for (const worker of [undefined, 2])
      expect((await scraped(application, worker)).labelled('jobs_total')).toEqual(mail)
  })

  test('waits for no worker', async ({ stage }) => {
    const application = await started(stage)
    await application.ask('blockWorker', 3, 3000)
    const from = performance.now()
    expect((await scraped(application)).labelled('jobs_total')).toEqual(mail)
    expect((await scraped(application, 1)).labelled('jobs_total')).toEqual(mail)
    expect(performance.now() - from).toBeLessThan(2500)
  })

  test('merges gauges by their aggregators, over the processes that live', async ({ stage }) => {
    const application = await started(stage)
    await application.ask('set', 4)
    for (const worker of [1, 2, 3]) await application.ask('worker', worker, 'set', worker * 10)
    await application.ask('killWorker', 3)
    const seen = await scraped(application, 1)
    const shown = ['sum', 'min', 'max', 'average'].map((each) => seen.value(`gauge_${each}`))
    expect(shown).toEqual([34, 4, 20, 34 / 3])
    expect(seen.text).not.toContain('gauge_omit')
    expect([4, 10, 20]).toContain(seen.value('gauge_first'))
  })

  test('shows the registries that any process chose', async ({ stage }) => {
    const application = await started(stage)
    await application.ask('worker', 1, 'countOther', 2)
    await application.ask('worker', 2, 'countOther', 3)
    await application.ask('worker', 1, 'choose')
    const seen = await scraped(application)
    expect([seen.value('others_total'), seen.text.includes('jobs_total')]).toEqual([5, false])
  })

  test('adds no listener, and nothing else to what processes send each other', async ({ stage }) => {
    const application = await started(stage)
    expect(await application.ask('added')).toEqual([])
    expect(await application.ask('worker', 1, 'added')).toEqual([])
  })

  test('loses nothing at a shutdown, nor without one', async ({ stage }) => {
    const application = await started(stage)
    await application.ask('worker', 1, 'shutdown')
    await application.ask('worker', 1, 'count', 1)
    await application.ask('killWorker', 1)
    await application.ask('shutdown')
    expect((await scraped(application)).labelled('jobs_total')).toEqual({ 'queue="mail"': 36 })
  })
})
