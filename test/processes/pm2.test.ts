import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { type Answer, ask } from '../helpers/processes/http.js'
import { hasPm2, Pm2 } from '../helpers/processes/pm2.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { samplesOf } from '../helpers/samples.js'

const timeout = 240_000
const programs = join(root, 'test', 'processes', 'programs')
const application = join(programs, 'http-application.mjs')

describe.skipIf(!hasPm2)('an application under PM2, which nothing was installed in', () => {
  test('in cluster mode: one set of numbers, exact through a reload and a kill', { timeout }, async ({ stage }) => {
    const pm2 = new Pm2(stage)
    const port = await freePort()
    await pm2.run(['start', application, '--name', 'shop', '-i', '3'], { PORT: String(port) })
    const url = `http://127.0.0.1:${port}`
    await until(
      () => ask(`${url}/metrics`).catch(() => undefined),
      (answer) => answer?.status === 200,
    )
    let answered = 0
    let failed = 0
    let loading = true
    const client = async (): Promise<void> => {
      while (loading) {
        // Requests that were passed to the killed process get no answer.
        await ask(`${url}/buy`, 'GET', 3_000).then(
          () => answered++,
          () => failed++,
        )
      }
    }
    const clients = [client(), client()]
    const values: number[] = []
    // A process that is leaving may cut the connection: then another one is asked.
    const scraped = (): Promise<Answer | undefined> =>
      until(
        () => ask(`${url}/metrics`).catch(() => undefined),
        (answer) => answer?.status === 200,
      )
    const look = async (): Promise<void> => {
      values.push(new Exposition((await scraped())!.body).total('http_requests_total'))
    }
    const before = await pm2.pidsOf('shop')
    await look()
    await pm2.run(['reload', 'shop'])
    await look()
    const after = await until(
      () => pm2.pidsOf('shop'),
      (pids) => pids.length === 3 && !pids.some((pid) => before.includes(pid)),
    )
    process.kill(after[0]!, 'SIGKILL')
    await until(
      () => pm2.pidsOf('shop'),
      (pids) => pids.length === 3 && !pids.includes(after[0]!),
    )
    await until(
      () => answered,
      (count) => count > 50,
    )
    loading = false
    await Promise.all(clients)
    await look()
    expect([...values].sort((a, b) => a - b)).toEqual(values)
    // What failed may have been counted or not: the client cannot know.
    expect(values.at(-1)).toBeGreaterThanOrEqual(answered)
    expect(values.at(-1)).toBeLessThanOrEqual(answered + failed)
    const writers = await until(
      async () => samplesOf((await scraped())!.body),
      (seen) => seen['promhive_writers{state="live"}'] === 3,
    )
    // Three processes came while three others were there; the one that was killed left its seat to the next.
    expect(writers['promhive_writers{state="dead"}']).toBeLessThanOrEqual(3)
  })

  test('in fork mode: instances with ports of their own answer with the numbers of all', { timeout }, async ({
    stage,
  }) => {
    const pm2 = new Pm2(stage)
    const port = await freePort(2)
    const config = { name: 'shop', script: application, instances: 2, exec_mode: 'fork', env: { PORT: String(port) } }
    const other = { ...config, name: 'other', instances: 1, env: { PORT: String(await freePort()) } }
    const file = join(stage.folder(), 'ecosystem.config.cjs')
    writeFileSync(file, `module.exports = { apps: ${JSON.stringify([config, other])} }`)
    await pm2.run(['start', file])
    const urls = [port, port + 1].map((each) => `http://127.0.0.1:${each}`)
    for (const url of [...urls, `http://127.0.0.1:${other.env.PORT}`])
      await until(
        () => ask(`${url}/buy`).catch(() => undefined),
        (answer) => answer?.status === 200,
      )
    for (const [i, url] of urls.entries()) for (let n = 0; n < 10 * (i + 1); n++) await ask(`${url}/buy`)
    for (const url of urls) {
      const scrape = new Exposition((await ask(`${url}/metrics`)).body)
      expect(scrape.total('http_requests_total')).toBe(32)
    }
    const apart = new Exposition((await ask(`http://127.0.0.1:${other.env.PORT}/metrics`)).body)
    expect(apart.total('http_requests_total')).toBe(1)
  })

  test('in fork mode, measured without code: one port for all, and no warning about another program', {
    timeout,
  }, async ({ stage }) => {
    const pm2 = new Pm2(stage)
    const port = await freePort(2)
    const metrics = await freePort()
    // The application has a metric of that name itself. At debug, a process that takes over the port logs that too.
    const quiet = { PROMHIVE_HTTP: 'off', PROMHIVE_LOG: 'debug' }
    const env = { PORT: String(port), PROMHIVE_METRICS_PORT: String(metrics), ...quiet }
    const options = { exec_mode: 'fork', node_args: '--import promhive/register', cwd: root }
    const file = join(stage.folder(), 'ecosystem.config.cjs')
    const app = { name: 'shop', script: application, instances: 2, ...options, env }
    writeFileSync(file, `module.exports = { apps: [${JSON.stringify(app)}] }`)
    await pm2.run(['start', file])
    for (const one of [port, port + 1])
      await until(
        () => ask(`http://127.0.0.1:${one}/buy`).catch(() => undefined),
        (answer) => answer?.status === 200,
      )
    const scraped = () => ask(`http://127.0.0.1:${metrics}/metrics`).catch(() => undefined)
    const seen = await until(scraped, (answer) => new Exposition(answer?.body ?? '').total('http_requests_total') === 2)
    expect(seen?.status).toBe(200)
    const owners = () => pm2.errorsOf('shop').join().split('metrics at http').length - 1
    const owner = pm2.errorsOf('shop').findIndex((log) => log.includes('metrics at http'))
    process.kill((await pm2.pidsOf('shop'))[owner]!, 'SIGKILL')
    // Whichever has it now, both tried to open it while the other one had it.
    await until(owners, (count) => count === 2)
    expect(pm2.errorsOf('shop').join()).not.toMatch(/PORT_TAKEN/)
  })

  test.for(['node_args', 'NODE_OPTIONS'])(
    'in cluster mode, measured without code: each application by itself, with its own settings (%s)',
    { timeout },
    async (way, { stage }) => {
      const pm2 = new Pm2(stage)
      const preload = '--import promhive/register'
      const apps = await Promise.all(
        ['shop', 'other'].map(async (name) => ({
          name,
          script: application,
          instances: 2,
          exec_mode: 'cluster',
          cwd: root,
          ...(way === 'node_args' && { node_args: preload }),
          // The application has a metric of that name itself.
          env: { PORT: await freePort(), PROMHIVE_METRICS_PORT: await freePort(), PROMHIVE_HTTP: 'off' },
        })),
      )
      const file = join(stage.folder(), 'ecosystem.config.cjs')
      writeFileSync(file, `module.exports = { apps: ${JSON.stringify(apps)} }`)
      await pm2.run(['start', file], way === 'NODE_OPTIONS' ? { NODE_OPTIONS: preload } : {})
      for (const [i, { env }] of apps.entries()) {
        for (let n = 0; n < 3 + i; n++)
          await until(
            () => ask(`http://127.0.0.1:${env.PORT}/buy`).catch(() => undefined),
            (answer) => answer?.status === 200,
          )
      }
      for (const [i, { env }] of apps.entries()) {
        const seen = await until(
          async () => new Exposition((await ask(`http://127.0.0.1:${env.PROMHIVE_METRICS_PORT}/metrics`)).body),
          (scrape) => scrape.total('http_requests_total') >= 3 + i,
        )
        expect(seen.total('http_requests_total')).toBe(3 + i)
      }
    },
  )

  test('in fork mode, with workers that it starts itself', { timeout }, async ({ stage }) => {
    const pm2 = new Pm2(stage)
    const port = await freePort()
    // Its workers have PM2's variables as well, and are not PM2's.
    await pm2.run(['start', join(programs, 'cluster-application.mjs'), '--name', 'shop'], { PORT: String(port) })
    const url = `http://127.0.0.1:${port}`
    await until(
      () => ask(`${url}/buy`).catch(() => undefined),
      (answer) => answer?.status === 200,
    )
    for (let n = 0; n < 40; n++) await ask(`${url}/buy`)
    const scrape = new Exposition((await ask(`${url}/metrics`)).body)
    expect(scrape.total('http_requests_total')).toBe(41)
    expect(scrape.value('worker_starts_total')).toBe(2)
  })
})
