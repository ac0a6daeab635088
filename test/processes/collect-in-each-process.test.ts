import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const parts = [100, 200, 300]

/** Three workers that bring up their own part in `collect()`, and each answers scrapes. */
async function threeWorkers(stage: Stage, env: Readonly<Record<string, string>>) {
  const directory = stage.directory()
  const workers = await Promise.all(
    parts.map((mine) =>
      stage.start('collects-own-part.mjs', { env: { ...env, PROMHIVE_DIR: directory, MINE: String(mine) } }),
    ),
  )
  // Every process has run its collect() once.
  for (const worker of workers) await worker.ask('scrape')
  return workers
}

describe.each(sharedBackends)('collect() that resets its metric in every process, $backend', ({ env, backend }) => {
  test('the total is that of all processes, whichever answers', async ({ stage }) => {
    const workers = await threeWorkers(stage, env)
    for (let round = 0; round < 3; round++) {
      for (const worker of workers) {
        const scrape = new Exposition(await worker.ask('scrape'))
        expect(scrape.value('part_total')).toBe(600)
        expect(scrape.value('part')).toBe(600)
        expect(scrape.value('part_async_total')).toBe(600)
        expect(scrape.value('part_kept')).toBe(600)
        expect(scrape.value('part_latest')).toBeGreaterThanOrEqual(100)
        expect(scrape.labelled('part_labelled')).toEqual({
          'part="100"': 100,
          'part="200"': 200,
          'part="300"': 300,
        })
        expect(scrape.value('part_seconds_count')).toBe(6)
        expect(scrape.value('part_seconds_sum')).toBe(600)
        expect(scrape.value('part_size_sum')).toBe(600)
        expect(scrape.value('part_updated_by_another')).toBe(600)
        expect(scrape.value('part_updated_by_another_late')).toBe(600)
        expect(scrape.labelled('part_info')).toEqual({ 'part="100"': 1, 'part="200"': 1, 'part="300"': 1 })
        expect(scrape.value('part_state{part_state="on"}')).toBe(3)
        expect(scrape.value('part_all_reset')).toBe(600)
      }
    }
    const faults = await Promise.all(workers.map((worker) => worker.ask('faults')))
    expect(faults).toEqual([[], [], []])
  })

  test('after a worker was killed, a gauge shows the living processes and a counter keeps its total', async ({
    stage,
  }) => {
    const workers = await threeWorkers(stage, env)
    await workers[2]!.kill()
    // Without locks, a process is known to have ended by its pid: at once.
    for (const worker of workers.slice(0, 2)) {
      const scrape = new Exposition(await worker.ask('scrape'))
      expect(scrape.value('part_total')).toBe(600)
      expect(scrape.value('part')).toBe(300)
      expect(scrape.value('part_kept')).toBe(600)
    }
    // Its successor takes over the part and updates it.
    const directory = await workers[0]!.ask<string>('directory')
    const next = await stage.start('collects-own-part.mjs', { env: { ...env, PROMHIVE_DIR: directory, MINE: '40' } })
    const scrape = new Exposition(await next.ask('scrape'))
    expect(scrape.value('part')).toBe(340)
    expect(scrape.value('part_total')).toBe(340)
    expect(scrape.value('part_kept')).toBe(340)
    expect(scrape.labelled('part_labelled')).toEqual({ 'part="100"': 100, 'part="200"': 200, 'part="40"': 40 })
  })

  test('outside of collect(), a reset concerns the whole application', async ({ stage }) => {
    const workers = await threeWorkers(stage, env)
    await workers[0]!.ask('count', 'jobs_total', {}, 3)
    await workers[1]!.ask('count', 'jobs_total', {}, 4)
    const total = async () => new Exposition(await workers[2]!.ask('scrape')).value('jobs_total')
    // Without the addon, counts are seen up to 100 ms late.
    await until(total, (value) => value === 7)
    await workers[1]!.ask('reset', 'jobs_total')
    await until(total, (value) => value === 0)
  })

  test('a scrape in another process never shows what a running collect() has reset', async ({ stage }) => {
    const [slow, ...others] = await threeWorkers(stage, env)
    const answer = slow!.ask<string>('scrapeWhileHeld')
    await slow!.ask('held')
    for (const worker of others) {
      const scrape = new Exposition(await worker.ask('scrape'))
      expect(scrape.value('part_async_total')).toBe(600)
      expect(scrape.value('part_updated_by_another_late')).toBe(600)
    }
    await slow!.ask('letGo')
    expect(new Exposition(await answer).value('part_async_total')).toBe(600)
  })

  test.skipIf(backend !== 'mmap')('scrapes of all processes at once never miss a part', async ({ stage }) => {
    const workers = await threeWorkers(stage, env)
    const ports = await Promise.all(workers.map((worker) => worker.ask<{ url: string }>('serve', { port: 0 })))
    const seen = new Set<number | undefined>()
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(ports.map(({ url }) => ask(url)))
      for (const { body } of answers) {
        const scrape = new Exposition(body)
        for (const name of ['part_total', 'part_async_total', 'part', 'part_seconds_sum']) seen.add(scrape.value(name))
      }
    }
    expect([...seen]).toEqual([600])
  })
})
