import { describe, expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { sharedBackends, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const program = '../../compat/programs/client-cluster.mjs'
const workers = ['a', 'b', 'c'] as const

async function cluster(
  stage: { start(program: string, options: object): Promise<Actor> },
  env: object,
): Promise<Actor> {
  const primary = await stage.start(program, { env })
  for (const name of workers) await primary.ask('startWorker', name)
  return primary
}

describe.each(sharedBackends)('$backend: clusterMetrics() of three workers', ({ env }) => {
  test('gives all counts, from any process at once, and after a worker was killed', async ({ stage }) => {
    const primary = await cluster(stage, env)
    expect(await primary.ask('listenersAdded')).toEqual([0, 0])
    for (const name of workers) await primary.ask('askWorker', name, 'count', 10)
    const wanted =
      '# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total{path="/"} 30\n\n# HELP seconds Seconds.\n# TYPE seconds histogram\nseconds_bucket{le="1"} 30\nseconds_bucket{le="+Inf"} 30\nseconds_sum 15\nseconds_count 30\n'
    const inWorker = (name: string) => (): Promise<string> => primary.ask('askWorker', name, 'clusterMetrics')
    const text = await until(inWorker('b'), (text) => text.includes('requests_total{path="/"} 30'))
    expect(text.slice(0, wanted.length)).toBe(wanted)
    const shown = new Exposition(text)
    expect([shown.value('version'), shown.value('started'), shown.value('jobs_total')]).toEqual([
      3,
      undefined,
      undefined,
    ])
    expect(shown.value('sizes{quantile="0.5"}')).toBeCloseTo(1, 1)

    // The client asks this worker, and fails after five seconds.
    await primary.ask('askWorker', 'a', 'block', 3000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const began = performance.now()
    const asked = new Exposition(await primary.ask('clusterMetrics'))
    expect(performance.now() - began).toBeLessThan(2000)
    expect(asked.value('requests_total{path="/"}')).toBe(30)

    await primary.ask('killWorker', 'c')
    const later = await until(
      async () => new Exposition(await primary.ask('clusterMetrics')),
      (scrape) => scrape.value('requests_total{path="/"}') === 30,
    )
    expect(later.value('seconds_count')).toBe(30)
    expect(await primary.ask('openMetrics')).toMatch(/^requests_total\{path="\/"\} 30$[\s\S]*^# EOF\n$/m)
  })

  test('is of the registries that the workers have set', async ({ stage }) => {
    const primary = await cluster(stage, env)
    for (const name of workers) {
      await primary.ask('askWorker', name, 'count', 1)
      await primary.ask('askWorker', name, 'setRegistries', false)
    }
    const inPrimary = async (): Promise<Exposition> => new Exposition(await primary.ask('clusterMetrics'))
    const shown = await until(inPrimary, (scrape) => scrape.value('jobs_total') === 3)
    expect([shown.value('shared_total'), shown.value('requests_total{path="/"}')]).toEqual([3, undefined])

    for (const name of workers) await primary.ask('askWorker', name, 'setRegistries', true)
    // Of what both registries have, the sum.
    const both = await until(inPrimary, (scrape) => scrape.value('shared_total') === 6)
    expect([both.value('jobs_total'), both.value('requests_total{path="/"}')]).toEqual([3, 3])
    await primary.ask('killWorker', 'a')
    await primary.ask('killWorker', 'b')
    await primary.ask('killWorker', 'c')
    expect((await inPrimary()).value('jobs_total')).toBe(3)
  })

  test('is of the registries of which the workers have set a merged one', async ({ stage }) => {
    const primary = await cluster(stage, env)
    for (const name of workers) {
      await primary.ask('askWorker', name, 'count', 1)
      await primary.ask('askWorker', name, 'setMerged')
    }
    const ask = (name?: string) => async (): Promise<Exposition> => {
      return new Exposition(
        await (name ? primary.ask('askWorker', name, 'clusterMetrics') : primary.ask('clusterMetrics')),
      )
    }
    for (const asked of [ask(), ask('a'), ask('b')]) {
      const shown = await until(asked, (scrape) => scrape.value('jobs_total') === 3)
      const others = ['stored_total', 'shared_total', 'requests_total{path="/"}']
      expect(others.map((name) => shown.value(name))).toEqual([3, 3, undefined])
    }
  })
})

test('clusterMetrics() is an empty text where nothing is counted', async ({ stage }) => {
  const primary = await stage.start(program)
  expect([await primary.ask('clusterMetrics'), await primary.ask('openMetrics')]).toEqual(['', ''])
})
