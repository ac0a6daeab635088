import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { hasPushgateway, PushgatewayServer } from '../helpers/pushgateway-server.js'
import { Application, eventually, linesOf, one, openMetrics, scraped, sees, shows, timeout } from './application.js'

/*
 * The eight limitations that the Python client's documentation states for its multiprocess mode, each as the test of its
 * opposite: real processes, and any of them answers.
 */
describe.each(sharedBackends)('$backend: not a limitation here', { timeout }, ({ env }) => {
  test('1. registries are used as usual: each shows its own metrics, merged over all processes', async ({ stage }) => {
    const app = await Application.start(stage, env)
    for (const registry of ['web', 'jobs']) {
      await app.make('Counter', { name: `${registry}_total`, registers: [registry] })
      await app.make('Counter', { name: `${registry}_by_kind_total`, registers: [registry], labelNames: ['kind'] })
    }
    await app.make('Counter', { name: 'default_total' })
    for (const [i, actor] of app.actors.entries()) {
      await actor.ask('call', 'web_total', 'inc', 10 ** i)
      await actor.ask('call', 'jobs_total', 'inc', 2 * 10 ** i)
      await actor.ask('call', 'jobs_by_kind_total', 'inc', { kind: `of ${i}` })
      await actor.ask('call', 'default_total', 'inc', 3 * 10 ** i)
    }
    await app.shows('web_total', one(111), 'web')
    await app.actors[2]!.kill()
    await app.shows('web_total', one(111), 'web')
    await app.shows('jobs_total', one(222), 'jobs')
    await app.shows('jobs_by_kind_total', { 'kind="of 0"': 1, 'kind="of 1"': 1, 'kind="of 2"': 1 }, 'jobs')
    await app.shows('default_total', one(333))
    for (const actor of app.living()) {
      expect([...(await scraped(actor, 'web')).types.keys()].sort()).toEqual(['web_by_kind_total', 'web_total'])
      expect([...(await scraped(actor, 'jobs')).types.keys()].sort()).toEqual(['jobs_by_kind_total', 'jobs_total'])
      expect([...(await scraped(actor)).types.keys()]).toEqual(['default_total'])
      // One family out of a registry.
      expect(linesOf(await actor.ask('one', 'jobs_total', 'jobs'), 'web')).toEqual([])
      expect(linesOf(await actor.ask('one', 'jobs_total', 'jobs'), 'jobs')).toEqual(['jobs_total 222'])
    }
  })

  test('2. nothing is shown twice, whatever registries a metric is in and whichever process is scraped', async ({
    stage,
  }) => {
    const app = await Application.start(stage, env)
    await app.make('Counter', { name: 'both_total', registers: ['default', 'other'] })
    await app.make('Histogram', { name: 'both_seconds', registers: ['default', 'other'], buckets: [1] })
    // The same definition from a second module.
    await app.make('Counter', { name: 'both_total', registers: ['default', 'other'] })
    await app.all('merge', 'merged', 'default', 'other')
    await app.all('call', 'both_total', 'inc')
    await app.all('call', 'both_seconds', 'observe', 2)
    for (const registry of ['default', 'other', 'merged']) {
      await app.shows('both_total', one(3), registry)
      await app.shows('both_seconds_bucket', { 'le="1"': 0, 'le="+Inf"': 3 }, registry)
      for (const actor of app.actors) {
        const { text } = await scraped(actor, registry)
        expect(text.match(/^# TYPE both_total counter$/gm)).toHaveLength(1)
        expect(text.match(/^# HELP both_seconds both_seconds\.$/gm)).toHaveLength(1)
      }
    }
    // Nor if the scraped process has defined none of it.
    const guest = await app.join()
    await shows(guest, 'both_total', one(3))
  })

  test('3. custom collectors work: of each process, and of the one that serves', async ({ stage }) => {
    const app = await Application.start(stage, env)
    const pool = (value: number) => [
      { name: 'pool_idle', help: 'Idle.', type: 'gauge', mode: 'liveall', values: [{ value }] },
      { name: 'pool_size', help: 'All.', type: 'gauge', values: [{ labels: { kind: 'db' }, value }] },
      { name: 'pool_waits_total', help: 'Waits.', type: 'counter', values: [{ value }] },
    ]
    for (const [i, actor] of app.actors.entries()) {
      await actor.ask('collector', 'pool', 'each', pool(10 ** i))
      await actor.ask('processCollector')
    }
    await app.shows('pool_idle', { 'worker="1"': 1, 'worker="2"': 10, 'worker="3"': 100 })
    await app.shows('pool_size', { 'kind="db"': 111 })
    await app.shows('pool_waits_total', one(111))
    // CPU time and memory are the examples of the document.
    const cpu = await sees(app.actors[0]!, (scrape) => Object.keys(scrape.labelled('own_memory_bytes')).length === 3)
    expect(cpu.value('own_cpu_seconds_total')).toBeGreaterThan(0)
    await app.actors[2]!.kill()
    await app.shows('pool_idle', { 'worker="1"': 1, 'worker="2"': 10 })
    await app.shows('pool_waits_total', one(111))

    const queue = (value: number) => [{ name: 'queue_length', help: 'Of all.', type: 'gauge', values: [{ value }] }]
    for (const actor of app.living()) await actor.ask('collector', 'queue', 'serving', queue(7))
    await app.shows('queue_length', one(7))
    const [first, second] = app.living() as [Actor, Actor]
    const before = await second.ask('asked', 'queue')
    await shows(first, 'queue_length', one(7))
    expect(await second.ask('asked', 'queue')).toBe(before)
  })

  test('4. Info and StateSet, which is Enum as well, work', async ({ stage }) => {
    const app = await Application.start(stage, env)
    await app.make('Info', { name: 'build_info', labelNames: ['version'] })
    const states = ['starting', 'running', 'draining']
    for (const [name, mode] of Object.entries({ phase: 'mostrecent', own_phase: 'all', phases: 'count' }))
      await app.make(mode === 'all' ? 'Enum' : 'StateSet', { name, mode, states })
    for (const [i, actor] of app.actors.entries()) {
      await actor.ask('call', 'build_info', 'info', { version: i === 2 ? '2' : '1' })
      for (const name of ['phase', 'own_phase', 'phases'])
        await actor.ask('call', name, 'state', states[Math.min(i, 1)])
    }
    await app.shows('build_info', { 'version="1"': 1, 'version="2"': 1 })
    await app.shows('phase', { 'phase="starting"': 0, 'phase="running"': 1, 'phase="draining"': 0 })
    await app.shows('phases', { 'phases="starting"': 1, 'phases="running"': 2, 'phases="draining"': 0 })
    const own = (worker: number, state: string) =>
      Object.fromEntries(states.map((each) => [`worker="${worker}",own_phase="${each}"`, each === state ? 1 : 0]))
    await app.shows('own_phase', { ...own(1, 'starting'), ...own(2, 'running'), ...own(3, 'running') })
    await app.actors[2]!.kill()
    await app.shows('build_info', { 'version="1"': 1 })
    await app.shows('phases', { 'phases="starting"': 1, 'phases="running"': 1, 'phases="draining"': 0 })
    await app.shows('own_phase', { ...own(1, 'starting'), ...own(2, 'running') })
    const { text } = await app.actors[0]!.ask<{ text: string }>('expose', openMetrics)
    expect(text).toContain('# TYPE build info\n')
    expect(text).toContain('# TYPE phase stateset\n')
  })

  test('5. any process pushes the numbers of all to a Pushgateway, and they arrive whole', async ({ stage }) => {
    const gateway = await startGateway(stage)
    const real = hasPushgateway ? await PushgatewayServer.start(stage) : undefined
    const app = await Application.start(stage, env)
    await app.make('Counter', { name: 'jobs_total', labelNames: ['kind'] })
    await app.make('Histogram', { name: 'job_seconds', buckets: [1, 10] })
    await app.make('Counter', { name: 'batch_total', registers: ['batch'] })
    for (const [i, actor] of app.actors.entries()) {
      await actor.ask('call', 'jobs_total', 'inc', { kind: 'ünï"\n' }, i + 1)
      await actor.ask('call', 'job_seconds', 'observe', 10 ** i)
      await actor.ask('call', 'batch_total', 'inc', 5)
    }
    await app.shows('batch_total', one(15), 'batch')
    await app.actors[2]!.kill()
    await app.shows('batch_total', one(15), 'batch')
    await app.shows('job_seconds_count', one(3))
    await app.shows('jobs_total', { 'kind="ünï\\"\\n"': 6 })
    for (const actor of app.living()) {
      expect(await actor.ask('push', gateway.url, 'batch', 'batch')).toBe(202)
      expect(await actor.ask('push', gateway.url, 'shop')).toBe(202)
      const [batch, shop] = gateway.arrived.splice(0)
      expect(batch?.path).toBe('/metrics/job/batch')
      expect(batch?.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(batch?.body).toBe('# HELP batch_total batch_total.\n# TYPE batch_total counter\nbatch_total 15\n')
      const withoutItself = (text: string) => text.split('\n').filter((line) => !line.includes('promhive_'))
      expect(withoutItself(shop!.body)).toEqual(withoutItself(await actor.ask('text')))
      expect(shop?.body).toContain('jobs_total{kind="ünï\\"\\n"} 6\n')
      expect(shop?.body).toContain('job_seconds_sum 111\n')
      if (real === undefined) continue
      expect(await actor.ask('push', real.url, 'batch', 'batch')).toBe(200)
      expect(await actor.ask('push', real.url, `shop/${actor.pid}`)).toBe(200)
      const seen = await real.samples()
      expect(seen.batch_total).toEqual({ 'instance="",job="batch"': 15 })
      const job = `instance="",job="shop/${actor.pid}"`
      expect(seen.jobs_total).toMatchObject({ [`${job},kind="ünï\\"\\n"`]: 6 })
      expect(seen.job_seconds_count).toMatchObject({ [job]: 3 })
      expect(seen.job_seconds_bucket).toMatchObject({ [`${job},le="10"`]: 2, [`${job},le="+Inf"`]: 3 })
    }
  })

  test('6. the label `pid` is the user’s own, on gauges of every kind', async ({ stage }) => {
    const app = await Application.start(stage, env, 2)
    const modes = ['all', 'liveall', 'sum', 'livesum', 'min', 'max', 'mostrecent']
    for (const mode of modes) await app.make('Gauge', { name: `of_${mode}`, mode, labelNames: ['pid'] })
    await app.make('Counter', { name: 'signals_total', labelNames: ['pid'] })
    for (const [i, actor] of app.actors.entries()) {
      for (const pid of [41, 42]) {
        for (const mode of modes) await actor.ask('call', `of_${mode}`, 'set', { pid }, pid + i)
        await actor.ask('call', 'signals_total', 'inc', { pid }, pid + i)
      }
    }
    const merged = (a: number, b: number) => ({ 'pid="41"': a, 'pid="42"': b })
    const both = {
      'pid="41",worker="1"': 41,
      'pid="41",worker="2"': 42,
      'pid="42",worker="1"': 42,
      'pid="42",worker="2"': 43,
    }
    await app.shows('of_all', both)
    await app.shows('of_liveall', both)
    await app.shows('of_sum', merged(83, 85))
    await app.shows('of_livesum', merged(83, 85))
    await app.shows('of_min', merged(41, 42))
    await app.shows('of_max', merged(42, 43))
    await app.shows('of_mostrecent', merged(42, 43))
    await app.shows('signals_total', merged(83, 85))
  })

  test('7. exemplars of one process are shown by another', async ({ stage }) => {
    const app = await Application.start(stage, env)
    await app.make('Counter', { name: 'jobs_total', labelNames: ['kind'] })
    await app.make('Histogram', { name: 'job_seconds', buckets: [1, 10] })
    const [first, second, third] = app.actors as [Actor, Actor, Actor]
    await second.ask('call', 'jobs_total', 'inc', { kind: 'a' }, 1, { trace_id: 'of-second' })
    await second.ask('call', 'job_seconds', 'observe', 0.5, { trace_id: 'quick' })
    await third.ask('call', 'job_seconds', 'observe', 5, { trace_id: 'slow' })
    await third.ask('call', 'job_seconds', 'observe', 50)
    const shown = async (actor: Actor) => {
      const { text } = await actor.ask<{ text: string }>('expose', openMetrics)
      // Without the moment of the exemplar, and without that of the series.
      return [...linesOf(text, 'jobs'), ...linesOf(text, 'job_seconds')]
        .filter((line) => !line.includes('_created'))
        .map((line) => line.replace(/(# .*) \d+\.\d+$/, '$1'))
    }
    const expected = [
      'jobs_total{kind="a"} 1 # {trace_id="of-second"} 1',
      'job_seconds_bucket{le="1.0"} 1 # {trace_id="quick"} 0.5',
      'job_seconds_bucket{le="10.0"} 2 # {trace_id="slow"} 5',
      'job_seconds_bucket{le="+Inf"} 3',
      'job_seconds_sum 55.5',
      'job_seconds_count 3',
    ]
    for (const actor of app.actors) expect(await eventually(() => shown(actor), expected)).toEqual(expected)
    await third.kill()
    expect(await eventually(() => shown(first), expected)).toEqual(expected)
    // The text format has no place for them.
    expect((await scraped(first)).text).not.toContain('trace_id')
  })

  test('8. any process removes series of all: of idle, stopped and killed writers', async ({ stage }) => {
    const app = await Application.start(stage, env, 4)
    const [first, idle, stopped, killed] = app.actors as [Actor, Actor, Actor, Actor]
    const verbs = ['removed', 'filtered', 'cleared', 'was_reset']
    for (const verb of verbs) await app.make('Counter', { name: `${verb}_total`, labelNames: ['a', 'b'] })
    await app.make('Counter', { name: 'plain_total' })
    await app.make('Histogram', { name: 'removed_seconds', labelNames: ['a'], buckets: [1] })
    await app.make('Gauge', { name: 'removed_level', labelNames: ['a'], mode: 'sum' })
    for (const actor of app.actors) {
      for (const verb of verbs) {
        for (const a of ['1', '2']) await actor.ask('call', `${verb}_total`, 'inc', { a, b: '1' }, 5)
        await actor.ask('call', `${verb}_total`, 'inc', { a: '1', b: '2' }, 7)
      }
      await actor.ask('call', 'plain_total', 'inc')
      await actor.ask('call', 'removed_seconds', 'observe', { a: '1' }, 0.5)
      await actor.ask('call', 'removed_level', 'set', { a: '1' }, 3)
      await actor.ask('hold', 'child', 'removed_total', { a: '1', b: '1' })
    }
    const all = { 'a="1",b="1"': 20, 'a="1",b="2"': 28, 'a="2",b="1"': 20 }
    for (const verb of verbs) await app.shows(`${verb}_total`, all)
    await app.shows('removed_level', { 'a="1"': 12 })
    await killed.kill()
    stopped.child.kill('SIGSTOP')

    await first.ask('call', 'removed_total', 'remove', { a: '1', b: '1' })
    await first.ask('call', 'removed_seconds', 'remove', '1')
    await first.ask('call', 'removed_level', 'remove', '1')
    await first.ask('call', 'filtered_total', 'removeByLabels', { a: '1' })
    await first.ask('call', 'cleared_total', 'clear')
    await first.ask('call', 'was_reset_total', 'reset')
    await first.ask('call', 'plain_total', 'reset')
    const left: Record<string, Record<string, number>> = {
      removed_total: { 'a="1",b="2"': 28, 'a="2",b="1"': 20 },
      removed_seconds_count: {},
      removed_level: {},
      filtered_total: { 'a="2",b="1"': 20 },
      cleared_total: {},
      was_reset_total: {},
      plain_total: one(0),
    }
    for (const [name, expected] of Object.entries(left)) {
      await shows(first, name, expected)
      await shows(idle, name, expected)
      // And so does one from outside, that has removed nothing itself.
      expect((await readDirectory(app.directory)).scrape.labelled(name), name).toEqual(expected)
    }

    stopped.child.kill('SIGCONT')
    // A buffered writer notices when it flushes or is scraped: its counts before that are removed with the series.
    for (const [name, expected] of Object.entries(left)) await shows(stopped, name, expected)
    // A process that held the series continues in a new one.
    for (const actor of [idle, stopped]) await actor.ask('callChild', 'child', 'inc', 2)
    left.removed_total!['a="1",b="1"'] = 4
    for (const [name, expected] of Object.entries(left)) await app.shows(name, expected)
    // From another process than the first. None of the removed series returns for a new process on the dead one's seat.
    await stopped.ask('call', 'removed_total', 'clear')
    const heir = await app.join()
    await heir.ask('make', 'Counter', { name: 'removed_total', help: 'removed_total.', labelNames: ['a', 'b'] })
    await heir.ask('call', 'removed_total', 'inc', { a: '1', b: '1' })
    await app.shows('removed_total', { 'a="1",b="1"': 1 })
  })
})

/** Accepts every PUT, as a Pushgateway does. */
async function startGateway(stage: Stage) {
  const arrived: { path: string | undefined; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (request.method === 'PUT') arrived.push({ path: request.url, headers: request.headers, body })
    response.writeHead(request.method === 'PUT' ? 202 : 405).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stage.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { arrived, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
