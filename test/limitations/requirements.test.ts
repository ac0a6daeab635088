import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { Application, linesOf, one, openMetrics, program, shows, timeout } from './application.js'

/* Other requirements of the same document, for operators or implied: functions of gauges, wiping, variables, units. */
describe.each(sharedBackends)('$backend: not asked for here', { timeout }, ({ env }) => {
  test('a value set by hand: callbacks of gauges run in every process, or in the one that serves', async ({
    stage,
  }) => {
    const app = await Application.start(stage, env)
    for (const [i, actor] of app.actors.entries()) {
      const value = 10 ** i
      await actor.ask('pulled', { name: 'own', help: 'Of each.', mode: 'liveall', value })
      await actor.ask('pulled', { name: 'all', help: 'Of all.', value })
      await actor.ask('pulled', { name: 'queue', help: 'Of the application.', run: 'serving', value: 5 })
    }
    await app.shows('own', { 'worker="1"': 1, 'worker="2"': 10, 'worker="3"': 100 })
    await app.shows('all', one(111))
    await app.shows('queue', one(5))
    const [first, second, third] = app.actors as [Actor, Actor, Actor]
    // Called again for each scrape, and in the other processes every few seconds.
    await first.ask('given', 'all', { value: 2 })
    await shows(first, 'all', one(112))
    await second.ask('given', 'all', { value: 20 })
    await shows(first, 'all', one(122))
    await third.kill()
    await shows(first, 'all', one(22))
    await shows(first, 'own', { 'worker="1"': 1, 'worker="2"': 10 })
    const before = await second.ask('asked', 'queue')
    await shows(first, 'queue', one(5))
    expect(await second.ask('asked', 'queue')).toBe(before)
  })

  test('wiping the directory: the next run begins at zero and shows nothing of the last', async ({ stage }) => {
    const app = await Application.start(stage, env)
    for (const run of [1, 2, 3]) {
      if (run > 1) for (let i = 0; i < 3; i++) await app.join()
      await app.make('Counter', { name: 'jobs_total' })
      await app.make('Counter', { name: `only_in_${run}_total` })
      await app.make('Gauge', { name: 'level', mode: 'max' })
      await app.all('call', 'jobs_total', 'inc', run)
      await app.all('call', 'level', 'set', -run)
      await app.shows('jobs_total', one(3 * run))
      await app.shows('level', one(-run))
      for (const actor of app.living()) {
        const { types } = new Exposition(await actor.ask('text'))
        expect([...types.keys()]).toEqual(['jobs_total', 'level', `only_in_${run}_total`])
      }
      await Promise.all(app.living().map((actor) => actor.kill()))
    }
  })

  test('a variable: a cluster counts together even if no directory is configured', async ({ stage }) => {
    const primary = await stage.start('cluster.mjs', { env })
    await primary.ask('count', 'jobs_total')
    for (const name of ['a', 'b']) {
      await primary.ask('startWorker', name)
      await primary.ask('askWorker', name, 'count', 'jobs_total')
    }
    const asks = ['a', 'b'].map((name) => () => primary.ask<string>('askWorker', name, 'scrape'))
    for (const ask of [() => primary.ask<string>('scrape'), ...asks])
      await until(ask, (text) => /^jobs_total 3$/m.test(text))
  })

  test('a shell script: the variable may be set by the program itself, before it counts', async ({ stage }) => {
    const directory = stage.directory()
    for (let i = 0; i < 2; i++) {
      const actor = await stage.start(program, { env })
      await actor.ask('environment', 'PROMETHEUS_MULTIPROC_DIR', directory)
      await actor.ask('make', 'Counter', { name: 'jobs_total', help: 'Jobs.' })
      await actor.ask('call', 'jobs_total', 'inc')
      await shows(actor, 'jobs_total', one(i + 1))
    }
  })

  test('to do without units, help and the time of creation: they are merged as well', async ({ stage }) => {
    const app = await Application.start(stage, env)
    await app.make('Counter', { name: 'sent_bytes_total', unit: 'bytes' })
    await app.make('Histogram', { name: 'wait_seconds', unit: 'seconds', buckets: [1] })
    await app.make('Summary', { name: 'body_bytes', unit: 'bytes' })
    await app.all('call', 'sent_bytes_total', 'inc', 2)
    await app.all('call', 'wait_seconds', 'observe', 2)
    await app.all('call', 'body_bytes', 'observe', 2)
    await app.shows('sent_bytes_total', one(6))
    const guest = await app.join()
    const texts: string[] = []
    for (const actor of [...app.actors.slice(0, 3), guest]) {
      const look = async () => (await actor.ask<{ text: string }>('expose', openMetrics)).text
      texts.push(
        await until(look, (text) => ['sent_bytes', 'wait_seconds', 'body_bytes'].every((name) => complete(text, name))),
      )
    }
    const ours = (text: string) => text.split('\n').filter((line) => /^(?:# \w+ )?(?:sent|wait|body)_/.test(line))
    for (const text of texts) expect(ours(text)).toEqual(ours(texts[0]!))
    for (const head of [
      '# UNIT sent_bytes bytes\n# HELP sent_bytes sent_bytes_total.\n',
      '# UNIT wait_seconds seconds\n# HELP wait_seconds wait_seconds.\n',
      '# UNIT body_bytes bytes\n# HELP body_bytes body_bytes.\n',
    ])
      expect(texts[0]).toContain(head)
  })
})

/** Whether three processes are in it, and since when. */
function complete(text: string, name: string): boolean {
  const lines = linesOf(text, name)
  const created = Number(lines.find((line) => line.startsWith(`${name}_created `))?.split(' ')[1])
  return lines.some((line) => / (?:3|6)$/.test(line)) && created > 1e9 && created <= Date.now() / 1000
}
