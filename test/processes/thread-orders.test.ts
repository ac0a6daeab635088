import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const main = (actor: Actor, verb: string, ...args: unknown[]) => actor.ask(verb, ...args)
const thread = (index: number, actor: Actor, verb: string, ...args: unknown[]) =>
  actor.ask('thread', index, verb, ...args)

type Step = readonly [by: 'main' | 0 | 1, verb: string, ...args: unknown[]]

const counts: readonly Step[] = [
  ['main', 'count', 'jobs_total', {}, 1],
  [0, 'count', 'jobs_total', {}, 2],
  [1, 'count', 'jobs_total', {}, 4],
]
const serves: Step = [0, 'serve', { port: 0 }]
const scrapes: Step = [0, 'scrape']

const orders: Readonly<Record<string, { readonly steps: readonly Step[]; readonly total: number }>> = {
  'the thread serves, then the main thread counts': { steps: [serves, counts[0]!], total: 1 },
  'the main thread counts, then the thread serves': { steps: [counts[0]!, serves], total: 1 },
  'the thread serves and scrapes, then the main thread counts': { steps: [serves, scrapes, counts[0]!], total: 1 },
  'the main thread counts between a scrape and another': { steps: [counts[0]!, scrapes, counts[0]!, serves], total: 2 },
  'the main thread scrapes first': { steps: [['main', 'scrape'], counts[0]!, serves], total: 1 },
  'all count, the main thread first': { steps: [...counts, serves], total: 7 },
  'all count, the main thread last': { steps: [serves, ...counts.toReversed()], total: 7 },
  'only threads count': { steps: [counts[1]!, serves, counts[2]!], total: 6 },
}

describe.each(sharedBackends)('$backend: threads that were started before promhive was loaded', ({ backend, env }) => {
  test.for(Object.entries(orders).slice(0, backend === 'mmap' ? undefined : 1))(
    '%s: every thread shows all',
    async ([, { steps, total }], { stage }) => {
      const actor = await stage.start('thread-orders.mjs', { env: { ...env, THREADS: '2' } })
      let url = ''
      for (const [by, verb, ...args] of steps) {
        const answer = await (by === 'main' ? main(actor, verb, ...args) : thread(by, actor, verb, ...args))
        if (verb === 'serve') url = (answer as { url: string }).url
      }
      const served = async () => new Exposition((await ask(url)).body).value('jobs_total')
      // Without the addon, counts are seen up to 100 ms late.
      if (backend === 'buffered') await until(served, (value) => value === total)
      else expect(await served()).toBe(total)
      for (const text of [await main(actor, 'scrape'), await thread(1, actor, 'scrape')]) {
        expect(new Exposition(text as string).value('jobs_total')).toBe(total)
      }
    },
  )
})

test('a process without others still ends by itself', async ({ stage }) => {
  const actor = stage.launch('thread-orders.mjs')
  await actor.started()
  await actor.ask('count', 'jobs_total', {}, 1)
  actor.child.disconnect()
  expect(await actor.ended).toEqual({ code: 0, signal: null })
})
