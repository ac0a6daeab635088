import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 240_000

describe.each(sharedBackends)('$backend: promhive serve', ({ env }) => {
  test('answers exactly while the event loop of every worker is blocked, and after all were killed', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const workers = await Promise.all([1, 2, 3].map(() => stage.start('actor.mjs', options)))
    for (const [i, worker] of workers.entries()) {
      await worker.ask('count', 'jobs_total', { who: `w${i}` }, 10 * (i + 1))
      await worker.ask('observe', 'duration_seconds', {}, 5)
      await worker.ask('setGauge', 'level', 'livesum', 1)
    }
    const served = await promhiveServe(stage, ['--dir', directory], env)
    await until(
      () => scrape(served.url),
      (seen) => seen.total('jobs_total') === 60 && seen.value('level') === 3,
    )
    // Until a scrape has begun and ended while they were.
    for (let during = 0; during === 0; ) {
      const blocked = workers.map((worker) => worker.ask('block', 4_000))
      let settled = 0
      for (const block of blocked) void block.then(() => settled++)
      while (settled === 0) {
        const seen = await scrape(served.url)
        expect(seen.labelled('jobs_total')).toEqual({ 'who="w0"': 10, 'who="w1"': 20, 'who="w2"': 30 })
        expect(seen.value('duration_seconds_count')).toBe(15)
        expect(seen.value('level')).toBe(3)
        if (settled === 0) during++
      }
      await Promise.all(blocked)
    }

    await Promise.all(workers.map((worker) => worker.kill()))
    const after = await scrape(served.url)
    expect(after.total('jobs_total')).toBe(60)
    expect(after.value('duration_seconds_sum')).toBe(15)
    expect(after.value('level')).toBeUndefined()
    expect(await served.stop()).toBe(0)
    expect(served.errors()).toBe('')
  })

  test('shows the next run of the application when there is one', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const served = await promhiveServe(stage, ['--dir', directory], env)
    expect((await scrape(served.url)).samples.size).toBe(0)
    for (const amount of [100, 7]) {
      const worker = await stage.start('actor.mjs', options)
      await worker.ask('count', 'jobs_total', {}, amount)
      await until(
        () => scrape(served.url),
        (seen) => seen.value('jobs_total') === amount,
      )
      await worker.kill()
    }
    expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(7)
  })
})

test('promhive serve rejects a path that is not a directory', async ({ stage }) => {
  const file = join(stage.folder(), 'file')
  writeFileSync(file, '')
  const { code, errors } = await promhive(stage, ['serve', '--dir', file, '--port', '0'])
  expect([code, errors]).toEqual([1, `promhive serve: ${file} is not a directory\n`])
})

async function scrape(url: string): Promise<Exposition> {
  const { status, body } = await ask(url)
  expect(status).toBe(200)
  return new Exposition(body)
}
