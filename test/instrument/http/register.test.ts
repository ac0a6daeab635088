import { describe, expect } from 'vitest'
import { cwd, freePort, preload, scraped, visit } from '../../helpers/http/shop.js'
import type { Actor } from '../../helpers/processes/actor.js'
import { ask } from '../../helpers/processes/http.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const clusterShop = '../../instrument/http/programs/cluster-shop.mjs'

interface Worker {
  readonly pid: number
  readonly port: number
}

async function cluster(stage: Stage, framework: string, workers: number, env: Record<string, string> = {}) {
  const [metrics, shop] = [await freePort(), await freePort()]
  const primary = await stage.start(clusterShop, {
    cwd,
    env: { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: String(metrics), PROMHIVE_DIR: stage.directory(), ...env },
  })
  const started: Worker[] = []
  for (let i = 0; i < workers; i++) started.push(await primary.ask<Worker>('startWorker', framework, shop))
  return { primary, workers: started, metrics, base: `http://127.0.0.1:${shop}`, shop }
}

describe('node --import promhive/register', { timeout: 120_000 }, () => {
  test.for(['express', 'express4', 'fastify'])(
    'counts every request to a cluster of %s exactly, by the template of its route',
    async (framework, { stage }) => {
      const { base, metrics } = await cluster(stage, framework, 3)
      for (let i = 0; i < 30; i++) await visit(base, [`/users/${i}`, `/tenants/t${i}/items/${i}`])
      await visit(base, ['/nobody/knows', '/wp-login.php', '/users'])
      await visit(base, ['/orders'], 'POST')
      await visit(base, ['/fails', '/fails'])
      // The metrics of one request are counted one after the other, in another process than the one that is scraped.
      const seen = await scraped(
        metrics,
        (scrape) =>
          scrape.total('http_requests_total') >= 66 &&
          scrape.total('http_request_duration_seconds_count') >= 66 &&
          scrape.total('http_request_errors_total') >= 2 &&
          scrape.value('http_requests_in_flight') === 0,
      )
      expect(seen.labelled('http_requests_total')).toEqual({
        'method="GET",route="/users/:id",status_code="200"': 30,
        'method="GET",route="/tenants/:tenant/items/:item",status_code="200"': 30,
        'method="GET",route="_unmatched",status_code="404"': 3,
        'method="POST",route="/orders",status_code="201"': 1,
        'method="GET",route="/fails",status_code="500"': 2,
      })
      expect(seen.total('http_request_duration_seconds_count')).toBe(66)
      // Express before 5.3 does not report its errors: the status is used as their type.
      const type = framework === 'express4' ? '500' : 'RangeError'
      expect(seen.labelled('http_request_errors_total')).toEqual({
        [`error_type="${type}",method="GET",route="/fails"`]: 2,
      })
      expect(seen.value('process_cpu_seconds_total')).toBeGreaterThan(0)
    },
  )

  test('serves from whichever process has the port, and from another one when that ends', async ({ stage }) => {
    const first = await cluster(stage, 'plain', 2)
    await visit(first.base, ['/a', '/b'])
    await scraped(first.metrics, (scrape) => scrape.total('http_requests_total') === 2)
    // A program of its own that counts in the same directory: it waits for the port.
    const directory = await first.primary.ask<string>('variable', 'PROMHIVE_DIR')
    const second = await stage.start(clusterShop, {
      cwd,
      env: { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: String(first.metrics), PROMHIVE_DIR: directory },
    })
    await second.ask('startWorker', 'plain', 0)
    await first.primary.kill()
    const seen = await scraped(first.metrics, (scrape) => scrape.total('http_requests_total') === 2)
    expect(seen.total('http_requests_total')).toBe(2)
    expect(await warningsOf(second)).toEqual([])
  })

  test('keeps the counts of a killed worker, and continues with the next one', async ({ stage }) => {
    const { primary, workers, base, metrics, shop } = await cluster(stage, 'express', 2)
    const route = 'http_requests_total{method="GET",route="/users/:id",status_code="200"}'
    await visit(base, ['/users/1', '/users/2', '/users/3'])
    // A request is counted when its response has gone out: a moment after the client has it.
    await scraped(metrics, (scrape) => scrape.value(route) === 3)
    await primary.ask('killWorker', workers[0]!.pid)
    await primary.ask('startWorker', 'express', shop)
    await visit(base, ['/users/4', '/users/5', '/users/6'])
    const seen = await scraped(metrics, (scrape) => (scrape.value(route) ?? 0) >= 6)
    expect(seen.value(route)).toBe(6)
  })

  test('does not count the scrapes', async ({ stage }) => {
    const { base, metrics } = await cluster(stage, 'plain', 1)
    await visit(base, ['/'])
    await scraped(metrics, (scrape) => scrape.total('http_requests_total') > 0)
    for (let i = 0; i < 3; i++) await ask(`http://127.0.0.1:${metrics}/metrics`)
    const seen = await scraped(metrics, (scrape) => scrape.total('http_requests_total') > 0)
    expect(seen.total('http_requests_total')).toBe(1)
  })

  test('prints what is enabled and where to look, unless that is disabled', async ({ stage }) => {
    const [port, silent] = [await freePort(), await freePort()]
    const start = (env: Record<string, string>) =>
      stage.start('../../instrument/http/programs/shop.mjs', { cwd, env: { NODE_OPTIONS: preload, ...env } })
    const loud = await start({ PROMHIVE_METRICS_PORT: String(port) })
    const base = `http://127.0.0.1:${port}/`
    const line = `promhive: measuring HTTP, process and runtime; page at ${base}; metrics at ${base}metrics\n`
    expect(
      await until(
        () => loud.errors,
        (errors) => /promhive:.*\n/.test(errors),
      ),
    ).toContain(line)
    expect(loud.output).toBe('')
    const quiet = await start({ PROMHIVE_METRICS_PORT: String(silent), PROMHIVE_STARTUP: 'off' })
    await until(
      () => ask(`http://127.0.0.1:${silent}/metrics`).catch(() => undefined),
      (answer) => answer?.status === 200,
    )
    expect(quiet.errors).not.toContain('metrics at')
  })

  test('measures no package manager on the way to the application', async ({ stage }) => {
    const port = await freePort()
    const program = stage.launch('../../instrument/http/programs/npm-cli.js', {
      cwd,
      env: { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: String(port) },
    })
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(program.output).toBe('not measured\n')
  })

  test.for([
    ['PROMHIVE_METRICS_PORT', 'ninety', 'PROMHIVE_METRICS_PORT must be a port from 0 to 65535, or off; got ninety'],
    ['PROMETHEUS_METRICS_PORT', '-1', 'PROMETHEUS_METRICS_PORT must be a port from 0 to 65535, or off; got -1'],
    [
      'PROMHIVE_HTTP_NAMES',
      'mine',
      'PROMHIVE_HTTP_NAMES must be of prometheus, opentelemetry, gunicorn, flask; got "mine"',
    ],
  ] as const)('reports %s, and lets the application run', async ([name, value, fault], { stage }) => {
    const off = { PROMHIVE_METRICS_PORT: name === 'PROMHIVE_HTTP_NAMES' ? 'off' : '' }
    const env = { NODE_OPTIONS: preload, ...off, [name]: value }
    const shop = await stage.start('../../instrument/http/programs/shop.mjs', { cwd, env })
    const base = await shop.ask<string>('open', 'plain')
    expect(await visit(base, ['/'])).toEqual([200])
    await until(
      () => shop.errors,
      (said) => said.includes(fault),
    )
  })

  test('reports that another program uses the port, and opens it when it is free', async ({ stage }) => {
    const port = await freePort()
    const env = { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: String(port) }
    const first = await stage.start('../../instrument/http/programs/shop.mjs', { cwd, env })
    await scraped(port, (scrape) => scrape.samples.size > 0)
    const second = await stage.start('../../instrument/http/programs/shop.mjs', { cwd, env })
    const base = await second.ask<string>('open', 'plain')
    await visit(base, ['/'])
    await until(
      () => second.errors,
      (said) => said.includes('the metrics port is taken by another program'),
    )
    await first.kill()
    await scraped(port, (scrape) => scrape.total('http_requests_total') === 1)
  })
})

async function warningsOf(actor: Actor): Promise<string[]> {
  const warnings = await actor.ask<readonly { readonly message: string }[]>('warnings')
  return warnings.map(({ message }) => message)
}
