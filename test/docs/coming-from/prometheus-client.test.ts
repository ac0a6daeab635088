import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  type GaugeMode,
  Histogram,
  markProcessDead,
  Registry,
  Summary,
  startMetricsServer,
} from '../../../src/index.js'
import { Pushgateway } from '../../../src/pushgateway.js'
import { generate_latest } from '../../../src/python.js'
import { describeComparison, heldBy } from '../../helpers/documented/comparison.js'
import { cleanEnvironment } from '../../helpers/processes/actor.js'
import { promhive } from '../../helpers/processes/command.js'
import { provideDist, root } from '../../helpers/processes/dist.js'
import { ask } from '../../helpers/processes/http.js'

const modes: readonly GaugeMode[] = [
  'all',
  'min',
  'max',
  'sum',
  'mostrecent',
  'liveall',
  'livemin',
  'livemax',
  'livesum',
  'livemostrecent',
]
const limitations = 'test/limitations/limitations.test.ts'

/** Runs a program with the package and returns its output. */
function run(program: string, env: Record<string, string>): string {
  provideDist()
  const options = { cwd: root, env: { ...cleanEnvironment(), ...env }, encoding: 'utf8' } as const
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], options)
  expect(status, stderr).toBe(0)
  return stdout
}

const counts =
  "import { Counter, configure, register } from 'promhive'\nnew Counter({ name: 'jobs_total', help: 'Jobs.' }).inc()\n"

describeComparison('docs/coming-from-prometheus-client.md', {
  '**1. Deployment.**': async (stage) => {
    const dir = stage.directory()
    run(counts, { PROMETHEUS_MULTIPROC_DIR: dir })
    expect(existsSync(join(dir, '0001.values'))).toBe(true)
    expect((await promhive(stage, ['wipe', dir])).code).toBe(0)
    expect(existsSync(join(dir, '0001.values'))).toBe(false)
    run(counts, { PROMHIVE_DIR: dir })
    expect(existsSync(join(dir, '0001.values'))).toBe(true)
  },
  '**2. Metrics collector.**': heldBy('test/docs/examples.test.ts', 'recipe.mjs returns all metrics'),
  '**3. Gunicorn configuration.**': () => expect(markProcessDead(process.pid)).toBeUndefined(),
  '**4. Gauge modes.**': () => {
    const registry = new Registry()
    for (const mode of modes) new Gauge({ name: `of_${mode}`, help: 'X.', mode, registers: [registry] }).set(1)
    const inferred = { name: 'of_default', help: 'X.', registers: [registry] }
    new Gauge(inferred).set(1)
    // A second definition with another mode is refused, one with the default is not.
    expect(() => new Gauge({ ...inferred, mode: 'livesum' })).not.toThrow()
    expect(() => new Gauge({ ...inferred, mode: 'all' })).toThrow('of_default')
  },
  '`start_http_server(8000)`': async () => {
    const server = await startMetricsServer({ port: 0, registry: new Registry() })
    expect((await ask(server.url)).status).toBe(200)
    await server.close()
  },
  '`CollectorRegistry()`, `registry=`': async () => {
    const registry = new Registry()
    new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
    expect(await registry.metrics()).toContain('jobs_total 1')
  },
  '`REGISTRY.register(collector)`': async () => {
    const registry = new Registry()
    const family = { name: 'pool_idle', help: 'Idle.', type: 'gauge', values: [{ labels: {}, value: 4 }] } as const
    registry.registerCollector({ name: 'pool', collect: () => [family] })
    expect(await registry.metrics()).toContain('pool_idle 4')
  },
  '`namespace=`, `subsystem=`': async () => {
    const registry = new Registry({ prefix: 'shop_' })
    new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
    expect(await registry.metrics()).toContain('shop_jobs_total 1')
  },
  '`push_to_gateway`, `pushadd_to_gateway`': async (stage) => {
    const requests: string[] = []
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`)
      request.resume().on('end', () => response.end())
    }).listen(0, '127.0.0.1')
    stage.after(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const gateway = new Pushgateway(`http://127.0.0.1:${port}`, {}, new Registry())
    await gateway.push({ jobName: 'nightly' })
    await gateway.pushAdd({ jobName: 'nightly' })
    expect(requests).toEqual(['PUT /metrics/job/nightly', 'POST /metrics/job/nightly'])
  },
  '`PROMETHEUS_DISABLE_CREATED_SERIES`': () => {
    const program = `${counts}console.log(String(Buffer.concat((await register.expose('application/openmetrics-text')).chunks)))`
    expect(run(program, {})).toContain('jobs_created')
    expect(run(program, { PROMETHEUS_DISABLE_CREATED_SERIES: 'true' })).not.toContain('_created')
  },
  'the process, platform and GC collectors': async () => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    expect(await registry.metrics()).toMatch(/^process_cpu_seconds_total /m)
    registry.clear()
  },
  'the WSGI and ASGI middlewares of frameworks': heldBy(
    'test/instrument/http/middlewares.test.ts',
    'counts the requests to its own application only',
  ),
  "a counter's name": async () => {
    const registry = new Registry()
    new Counter({ name: 'my_counter', help: 'X.', registers: [registry] }).inc()
    expect(await registry.metrics()).toMatch(/^my_counter 1$/m)
    const { chunks } = await registry.expose('application/openmetrics-text')
    expect(String(Buffer.concat([...chunks]))).toMatch(/^my_counter_total 1/m)
  },
  '`generate_latest()`': async () => {
    const text = generate_latest(new Registry())
    expect(text).toBeInstanceOf(Promise)
    await text
  },
  registries: heldBy(limitations, '1. registries are used as usual: each shows its own metrics'),
  'custom collectors, `Info`, `Enum`, exemplars': heldBy(limitations, '8. any process removes series of all'),
  'process metrics (memory, CPU)': heldBy('test/docs/default-metrics.test.ts', 'has every family that a process shows'),
  'a gauge of mode `all` or `liveall`': heldBy(
    'test/runtime/worker-label.test.ts',
    'have the number of the seat, or the pid if that is configured',
  ),
  'a label named `pid` on a gauge': heldBy(
    limitations,
    '6. the label `pid` is the user’s own, on gauges of every kind',
  ),
  '`inc()` and `dec()` on `mostrecent`': () => {
    const gauge = new Gauge({ name: 'latest', help: 'X.', mode: 'mostrecent', registers: [new Registry()] })
    expect(() => gauge.inc()).toThrow(expect.objectContaining({ code: 'MODE_FORBIDS' }))
    expect(() => gauge.dec()).toThrow(expect.objectContaining({ code: 'MODE_FORBIDS' }))
  },
  files: heldBy(
    'test/processes/seats.test.ts',
    'are as many as the processes that counted at the same time, however many came and went',
  ),
  'a damaged file': heldBy('test/processes/incomplete-scrape.test.ts', 'promhive_unreadable_files'),
  'setting the directory in code': (stage) => {
    const dir = stage.directory()
    mkdirSync(dir, { mode: 0o700 })
    const program = `${counts}configure({ dir: ${JSON.stringify(dir)} })\nconsole.log(await register.metrics())`
    expect(run(program, {})).toContain('jobs_total 1')
    expect(existsSync(join(dir, '0001.values'))).toBe(true)
  },
  'default buckets': async () => {
    const registry = new Registry()
    new Histogram({ name: 'x_seconds', help: 'X.', registers: [registry] }).observe(1)
    const bounds = [...(await registry.metrics()).matchAll(/le="([^"]+)"/g)].map(([, bound]) => bound)
    expect([bounds[0], bounds.at(-2), bounds.length - 1]).toEqual(['0.005', '10', 11])
  },
  'a `Summary`': async () => {
    const registry = new Registry()
    const summary = new Summary({ name: 'x_seconds', help: 'X.', quantiles: [0.5], registers: [registry] })
    summary.observe(2)
    expect(await registry.metrics()).toMatch(/^x_seconds\{quantile="0.5"\} /m)
    new Summary({ name: 'y_seconds', help: 'X.', registers: [registry] }).observe(2)
    expect(await registry.metrics()).toMatch(/^y_seconds_sum 2\ny_seconds_count 1$/m)
  },
  'scraping while all processes are blocked': heldBy(
    'test/processes/serve.test.ts',
    'answers exactly while the event loop of every worker is blocked',
  ),
})
