import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test as plainTest } from 'vitest'
import type { ValueBackendClass } from '../../src/backend.js'
import { valueBackendConformance } from '../../src/testing.js'
import type { Actor } from '../helpers/processes/actor.js'
import { provideDist } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const program = fileURLToPath(new URL('programs/redis-values.mjs', import.meta.url))
const example = fileURLToPath(new URL('../../examples/backends/redis-values.mjs', import.meta.url))

/** The environment that chooses the example, under pytheus' names. */
function environment(stage: Stage, config: object): Record<string, string> {
  const path = join(stage.folder(), 'backend.json')
  writeFileSync(path, JSON.stringify(config))
  return { PYTHEUS_BACKEND_CLASS: `${example}#RedisValues`, PYTHEUS_BACKEND_CONFIG: path }
}

provideDist()

describe.runIf(hasRedis)('the example backend in pytheus’ protocol', () => {
  let url = ''
  const stage = new Stage()
  let prefix = 0
  beforeAll(async () => {
    url = (await startRedis(stage)).url
  })
  afterAll(() => stage.clear())
  valueBackendConformance(
    'RedisValues',
    {
      backendClass: async () => ((await import(example)) as { RedisValues: ValueBackendClass }).RedisValues,
      config: () => ({ url, keyPrefix: `${prefix++}-` }),
    },
    { describe, test: plainTest },
  )
})

describe.runIf(hasRedis)('processes that count in a backend of pytheus’ protocol', () => {
  test('add up in Redis, whichever process answers, and continue after a restart', async ({ stage }) => {
    const { url, client } = await startRedis(stage)
    const env = environment(stage, { url, keyPrefix: 'shop-' })
    const actors = await Promise.all([1, 2, 3].map(() => stage.start(program, { env })))
    for (const [i, actor] of actors.entries()) {
      await actor.ask('count', 'jobs_total', { queue: 'mail', kind: 'x' }, 100, i + 1)
      await actor.ask('count', 'plain_total', {}, 10)
      await actor.ask('observe', 'job_seconds', { queue: 'mail' }, 10, 0.7)
      await actor.ask('setGauge', 'level', 'livesum', i + 0.5)
      await actor.ask('setGauge', 'latest', 'mostrecent', i)
      // Sent by now: of what two processes set before they send, the one sent last is the latest.
      await scrape(actor)
    }
    for (const actor of actors) {
      const shown = await scrape(actor)
      expect(shown.value('jobs_total{kind="x",queue="mail"}')).toBe(600)
      expect(shown.value('plain_total')).toBe(30)
      expect(shown.labelled('job_seconds_bucket')).toEqual({
        'queue="mail",le="0.5"': 0,
        'queue="mail",le="1"': 30,
        'queue="mail",le="2"': 30,
        'queue="mail",le="+Inf"': 30,
      })
      expect(shown.value('job_seconds_sum{queue="mail"}')).toBeCloseTo(21)
      expect(shown.value('level')).toBe(4.5)
      expect(shown.value('latest')).toBe(2)
      expect(await actor.ask('warnings')).toEqual([])
    }
    // In Redis, the numbers are stored as pytheus stores them: the prefix on every key, cumulative buckets.
    expect(await client.hgetall('shop-job_seconds:1')).toEqual({ '{"queue":"mail"}': '30' })
    expect((await client.keys('*')).every((key) => key.startsWith('shop-'))).toBe(true)

    await Promise.all(actors.map((actor) => actor.kill()))
    const after = await stage.start(program, { env })
    await after.ask('count', 'jobs_total', { queue: 'mail', kind: 'x' }, 1)
    await until(
      () => scrape(after),
      (shown) => shown.value('jobs_total{kind="x",queue="mail"}') === 601,
    )
  })

  test('see what others removed, and series that only others know', async ({ stage }) => {
    const { url } = await startRedis(stage)
    const env = environment(stage, { url })
    const [one, two] = [await stage.start(program, { env }), await stage.start(program, { env })]
    await one.ask('count', 'jobs_total', { queue: 'a' }, 1)
    await two.ask('count', 'jobs_total', { queue: 'b' }, 2)
    await scrape(one)
    expect((await scrape(two)).labelled('jobs_total')).toEqual({ 'queue="a"': 1, 'queue="b"': 2 })
    expect((await scrape(one)).labelled('jobs_total')).toEqual({ 'queue="a"': 1, 'queue="b"': 2 })
    await one.ask('remove', 'jobs_total', { queue: 'a' })
    expect((await scrape(one)).labelled('jobs_total')).toEqual({ 'queue="b"': 2 })
    expect((await scrape(two)).labelled('jobs_total')).toEqual({ 'queue="b"': 2 })
  })

  test('report a gauge whose mode single numbers cannot share, and show their own value', async ({ stage }) => {
    const { url } = await startRedis(stage)
    const actor = await stage.start(program, { env: environment(stage, { url }) })
    await actor.ask('setGauge', 'highest', 'max', 7)
    expect((await scrape(actor)).value('highest')).toBe(7)
    const [fault] = await actor.ask<{ code: string; message: string }[]>('faults')
    expect(fault?.code).toBe('MODE_FORBIDS')
    expect(fault?.message).toContain('highest is a gauge of mode max')
  })
})

async function scrape(actor: Actor): Promise<Exposition> {
  return new Exposition(await actor.ask<string>('scrape'))
}
