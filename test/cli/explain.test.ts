import { describe, expect, test as plainTest } from 'vitest'
import { explain } from '../../src/cli/commands/explain.js'
import { costsText } from '../../src/cli/explain/costs-text.js'
import type { FamilyCosts, SeriesCosts } from '../../src/gather/costs/series-costs.js'
import type { Actor } from '../helpers/processes/actor.js'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 120_000

/** Two workers: both have the default histogram of Python, one counts jobs, and each has a gauge. */
async function application(start: () => Promise<Actor>): Promise<Actor[]> {
  const actors = [await start(), await start()]
  for (const actor of actors) {
    await actor.ask('observe', 'duration_seconds', { path: '/' }, 2, 0.3)
    await actor.ask('setGauge', 'rss_bytes', 'liveall', 7)
  }
  for (const queue of ['a', 'b', 'c']) await actors[0]!.ask('count', 'jobs_total', { queue, kind: 'mail' }, 5)
  return actors
}

function seriesOf({ families }: SeriesCosts): Record<string, readonly number[]> {
  const shown = families.filter(({ name }) => !name.startsWith('promhive_'))
  return Object.fromEntries(
    shown.map(({ name, merged, perWorker, perTarget }) => [
      name,
      [merged, perWorker, perTarget].map(({ text }) => text.series),
    ]),
  )
}

describe('promhive explain', () => {
  test('shows what a directory costs, running or ended, and the label that multiplies most', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const actors = await application(() => stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } }))
    const explained = async (...args: string[]) => {
      const run = await promhive(stage, ['explain', directory, '--json', ...args])
      expect(run).toMatchObject({ code: 0, errors: '' })
      return JSON.parse(run.output) as SeriesCosts & { source: string }
    }
    const wrong = await promhive(stage, ['explain', directory, '--registry', 'defualt'])
    expect(wrong).toMatchObject({ code: 1, output: '' })
    expect(wrong.errors).toMatch(
      /^promhive explain: --registry: there is no registry "defualt"; there are .*\bdefault\b/,
    )
    const now = await explained()
    expect(now).toMatchObject({ source: directory, workers: 2, running: 2 })
    // Three bounds and +Inf, sum and count.
    const six = 6
    expect(seriesOf(now)).toEqual({ duration_seconds: [six, 12, 12], jobs_total: [3, 3, 3], rss_bytes: [2, 2, 2] })
    const eight = await explained('--workers', '8')
    expect(seriesOf(eight)).toEqual({ duration_seconds: [six, 48, 48], rss_bytes: [8, 8, 8], jobs_total: [3, 3, 3] })
    expect(eight.perTarget).toMatchObject({ targets: 8, targetSeries: 40 })

    // What it measured is what promhive serve writes.
    const served = await promhiveServe(stage, ['--dir', directory])
    const bytes = Buffer.byteLength((await ask(served.url)).body)
    // Only the duration of a scrape has another number of digits from time to time.
    expect(Math.abs(now.merged.text.bytes - bytes)).toBeLessThan(12)

    for (const actor of actors) await actor.kill()
    const ended = await explained()
    expect(ended).toMatchObject({ workers: 2, running: 0 })
    expect(seriesOf(ended)).toEqual({ duration_seconds: [six, 12, 12], jobs_total: [3, 3, 3], rss_bytes: [0, 0, 0] })

    const text = await promhive(stage, ['explain', '--workers', '8', '--top', '2', '--sort', 'merged'], {
      PROMHIVE_DIR: directory,
    })
    expect(text.code, text.errors).toBe(0)
    const [title, , heading, ...lines] = text.output.split('\n')
    expect(title).toBe(`${directory}: series of 8 workers (0 running)`)
    expect(heading).toMatch(/^family {2,}type {2,}label sets {2,}merged {2,}per worker {2,}per target/)
    expect(lines[0]).toMatch(/^duration_seconds +histogram +1 +6 +48 +48 +\d+ +le \(4\), path \(1\)$/)
    expect(lines[1]).toMatch(/^jobs_total +counter +3 +3 +3 +3 +\d+ +queue \(3\), kind \(1\)$/)
    expect(lines[2]).toMatch(/^\d+ more /)
    expect(text.output).toMatch(/^per target +8 +\d+ +\d+ B +\d+ +\d+ B +40$/m)
    expect(text.output).toContain('Without its label queue, jobs_total would have 1 merged series instead of 3.')
  })

  plainTest.for([
    [['/nowhere'], '/nowhere does not exist; it is created when the application counts'],
    [['/dev/null'], '/dev/null is not a directory'],
    [['/', '--workers', '0'], '--workers must be a whole number from 1, got "0"'],
    [['/', '--top', 'all'], '--top must be a whole number from 1, got "all"'],
    [['/', '--sort', 'size'], '--sort must be one of per-target, per-worker, merged, bytes, name, got "size"'],
  ] as const)('refuses %j', async ([args, fault]) => {
    await expect(explain.run(args)).rejects.toThrow(fault)
  })
})

describe.skipIf(!hasRedis)('promhive explain --redis', () => {
  test('shows what a service costs', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const actors = await application(() => stage.start('redis-actor.mjs', { args: ['url', server.url] }))
    for (const actor of actors) await actor.ask('flush')
    const run = await promhive(stage, ['explain', '--redis', server.url, '--workers', '4', '--json'])
    expect(run).toMatchObject({ code: 0, errors: '' })
    const costs = JSON.parse(run.output) as SeriesCosts
    expect(costs).toMatchObject({ workers: 4, running: 2 })
    expect(seriesOf(costs)).toMatchObject({
      duration_seconds: [6, 24, 24],
      jobs_total: [3, 3, 3],
      rss_bytes: [4, 4, 4],
    })
  })
})

plainTest.for([120, 90, 60, 40])('in %i columns, names are shortened, and the counts are shown', (width) => {
  const cost = { text: { series: 1234, bytes: 123_456 }, openMetrics: { series: 1300, bytes: 130_000 } }
  const family: FamilyCosts = {
    name: 'http_outgoing_request_duration_seconds',
    type: 'histogram',
    labelSets: 77,
    merged: cost,
    perWorker: cost,
    perTarget: cost,
    labels: [{ name: 'route', values: 70, saves: 1200 }],
  }
  const deployment = { ...cost, targets: 1, targetSeries: 5 }
  const lines = costsText(
    '/dev/shm/shop',
    {
      workers: 8,
      running: 4,
      merged: deployment,
      perWorker: deployment,
      perTarget: deployment,
      families: [family],
    },
    { width },
  )
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  const line = lines.find((each) => each.startsWith('http'))!
  expect(line).toMatch(width >= 60 ? /seconds .*1234 +1234 +1234/ : /seconds/)
})
