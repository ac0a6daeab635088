import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { hasNode24, node24 } from '../../helpers/processes/node24.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { root } from '../../helpers/source-imports.js'

const program = join(root, 'test', 'compat', 'programs', 'prometheus-io-threads.cjs')

/** The Node.js that the client needs where it is there; the entry works with both. */
const node = hasNode24 ? node24 : process.execPath

const shows = (jobs: number) => `# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total ${jobs}\n`

async function started(stage: Stage): Promise<Actor> {
  const application = await stage.start(program, { node })
  for (const thread of [1, 2, 3]) {
    await application.ask('start')
    await application.ask('thread', thread, 'count', 10)
  }
  await application.ask('count', 5)
  return application
}

describe('a WorkerRegistry', { concurrent: true }, () => {
  test('shows from any thread what all have counted, through a thread that was terminated', async ({ stage }) => {
    const application = await started(stage)
    expect(await application.ask('scrape')).toBe(shows(35))
    expect(await application.ask('thread', 2, 'scrape')).toBe(shows(35))
    await application.ask('terminate', 1)
    expect(await application.ask('scrape')).toBe(shows(35))
    expect(await application.ask('thread', 3, 'scrape')).toBe(shows(35))
  })

  test('knows how many threads count', async ({ stage }) => {
    const application = await started(stage)
    const count = () => application.ask<number>('workerCount')
    await until(count, (threads) => threads === 3)
    await application.ask('terminate', 2)
    await until(count, (threads) => threads === 2)
    await until(
      () => application.ask<number>('thread', 1, 'workerCount'),
      (threads) => threads === 2,
    )
  })

  test('loses nothing at a shutdown, nor without one', async ({ stage }) => {
    const application = await started(stage)
    await application.ask('thread', 1, 'shutdown')
    await application.ask('thread', 1, 'count', 1)
    await application.ask('terminate', 1)
    await application.ask('shutdown')
    expect(await application.ask('scrape')).toBe(shows(36))
  })

  test('has the field that says which thread would gather', async ({ stage }) => {
    const application = await started(stage)
    expect(await application.ask('primary')).toEqual([true, true])
    expect(await application.ask('thread', 1, 'primary')).toEqual([false, true])
  })
})

describe('a WorkerRegistry without threads', { concurrent: true }, () => {
  test('shows what this one counted, and adds no listener', async ({ stage }) => {
    const application = await stage.start(program, { node })
    expect(await application.ask('listeners')).toEqual([0, 0])
    await application.ask('count', 2)
    expect(await application.ask('scrape')).toBe(shows(2))
    expect(await application.ask('workerCount')).toBe(0)
  })
})
