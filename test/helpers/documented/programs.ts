/** A piece of JavaScript or TypeScript in the docs that runs in `test/docs/programs.test.ts`. */
export interface DocumentedProgram {
  readonly page: string
  /** How the block begins. */
  readonly start: string
  /** What the page takes for granted. Names of the main entry need no import. */
  readonly before?: string
  /** Behind the block; `check` is `assert` of Node. The program ends after it. */
  readonly after?: string
  /** Texts of the page that are different here. FOLDER is a new folder, THE_REDIS the URL of a server. */
  readonly replace?: Readonly<Record<string, string>>
  readonly needs?: 'redis'
}

const stop = 'await exporter.stop()'
const orders =
  "const request = { headers: {} }, response = { setHeader: (...given) => (console.log(...given), response), end: (body) => check.match(String(body), /jobs_total 1/) }\nnew Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()"
const shows = (text: string): string => `check.match(await register.metrics(), /${text}/)`
const clustered = "import cluster from 'node:cluster'\nimport { createServer } from 'node:http'\n"
const redis = "import { redis } from 'promhive/redis'\n"

export const documentedPrograms: readonly DocumentedProgram[] = [
  {
    page: 'docs/cardinality.md',
    start: 'import { explain',
    before: "new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] }).inc({ queue: 'mail' })",
    after: 'check.equal(merged.text.series, 1)',
  },
  {
    page: 'docs/cardinality.md',
    start: 'expect((await explain',
    before: 'const expect = (value) => ({ toBeLessThan: (other) => check.ok(value < other) })',
  },
  {
    page: 'docs/default-metrics.md',
    start: 'import { collectDefaultMetrics',
    after: shows('\\nprocess_cpu_seconds_total'),
  },
  {
    page: 'docs/default-metrics.md',
    start: 'collectDefaultMetrics({ perWorker',
    after: shows('process_cpu_seconds_total{worker="1"}'),
  },
  {
    page: 'docs/drop-in.md',
    start: 'import { Counter, register }',
    after: "check.equal(typeof register.getSingleMetric, 'function')",
  },
  {
    page: 'docs/file-format.md',
    start: 'import { Counter, Gauge',
    after: shows('orders_total{country="NL",paid="true"} 3'),
  },
  {
    page: 'docs/gauge-modes.md',
    start: "new Gauge({ name: 'http_requests_in_flight'",
    after: shows('# TYPE worker_rss_bytes gauge'),
  },
  {
    page: 'docs/gauge-modes.md',
    start: "new Gauge({\n  name: 'pool_idle",
    before: 'const pool = { idle: 3 }, queue = { length: async () => 5 }',
    after: shows('pool_idle_connections 3[^]*queue_length 5'),
  },
  {
    page: 'docs/gauge-modes.md',
    start: "new Gauge({\n  name: 'open_orders",
    before: "const orders = new Map([[1, { state: 'paid' }], [2, { state: 'paid' }]])",
    after: shows('open_orders{state="paid"} 2'),
  },
  {
    page: 'docs/hooks.md',
    start: '// hooks.mjs',
    after:
      "let seen\nworkerExited({ worker: { id: 3 }, exit: { reason: 'oom' }, logger: { error: (text) => (seen = text) } })\ncheck.match(seen, /worker 3/)",
  },
  {
    page: 'docs/hooks.md',
    start: `${clustered}import { supervise }`,
    replace: {
      'workers: 2,': 'workers: 2, port: 0,',
      'listen(8000)': 'listen(0)',
      '.metricsUrl}`)': '.metricsUrl}`)\n  check.match(supervisor.metricsUrl, /^http/)\n  await supervisor.stop()',
    },
  },
  {
    page: 'docs/hooks.md',
    start: `${clustered}import { observe }`,
    replace: {
      'hooks: { workerExited: () => cluster.fork() }': 'port: 0, hooks: {}',
      'listen(8000)': 'listen(0)',
      '.metricsUrl}`)':
        '.metricsUrl}`)\n  check.match(observer.metricsUrl, /^http/)\n  await observer.stop()\n  for (const worker of Object.values(cluster.workers)) worker.kill()',
    },
  },
  {
    page: 'docs/hooks.md',
    start: 'import pino from',
    replace: {
      'await supervise({ workers: 4,': "const supervisor = await supervise({ workers: 1, port: 0, exec: 'server.mjs',",
    },
    after: 'await supervisor.stop()',
  },
  {
    page: 'docs/hooks.md',
    start: 'import { defaultOnExit',
    replace: { 'export default {': 'const hooks = {' },
    after: "for (const hook of Object.values(hooks)) check.equal(typeof hook, 'function')",
  },
  { page: 'docs/http-metrics.md', start: 'import { instrumentHttp', after: shows('# TYPE http_request') },
  {
    page: 'docs/http-metrics.md',
    start: 'export async function register',
    replace: { register: 'start' },
    after: "process.env.NEXT_RUNTIME = 'nodejs'\nawait start()",
  },
  {
    page: 'docs/migrating-from-prom-client.md',
    start: 'import { AggregatorRegistry',
    after: shows('jobs_total{queue="mail",result="ok"} 1'),
  },
  {
    page: 'docs/migrating-from-prom-client.md',
    start: 'import { ClusterRegistry',
    after: shows('jobs_total{queue="mail"} 1'),
  },
  { page: 'docs/migrating-from-prom-client.md', start: 'const jobs', after: shows('jobs_total{queue="mail"} 3') },
  {
    page: 'docs/migrating-from-prom-client.md',
    start: '- import { Counter',
    after: "check.equal(await register.metrics(), '')",
  },
  { page: 'docs/migrating-from-prom-client.md', start: '- const aggregatorRegistry', replace: { '9464': '0' } },
  {
    page: 'docs/migrating-from-prom-client.md',
    start: '- import { Pushgateway',
    after: "check.equal(typeof Pushgateway, 'function')",
  },
  { page: 'docs/otlp.md', start: 'import { startOtlp', after: stop, replace: { 'localhost:4318': '127.0.0.1:1' } },
  { page: 'docs/page.md', start: 'import { startMetricsServer', replace: { '9464': '0' } },
  {
    page: 'docs/process-managers.md',
    start: '// task.mjs',
    replace: { 'export default': 'const task =' },
    after: `check.equal(task({ size: 2 }), 2)\n${shows('tasks_total 1')}`,
  },
  {
    page: 'docs/prometheus.md',
    start: 'const metrics',
    replace: { '9464': '0' },
    after: 'check.match(metrics.url, /^http:.*metrics$/)',
  },
  { page: 'docs/prometheus.md', start: 'const { contentType', before: orders },
  {
    page: 'docs/pushgateway.md',
    start: 'import { Pushgateway }',
    before:
      "import { createServer } from 'node:http'\nlet pushed\nconst server = createServer((request, response) => ((pushed = request.url), request.resume().on('end', () => response.end())))\nawait new Promise((done) => server.listen(0, '127.0.0.1', done))\nconst address = 'http://127.0.0.1:' + server.address().port",
    replace: { "'http://pushgateway.internal:9091'": 'address' },
    after: "check.equal(pushed, '/metrics/job/nightly/shop/berlin')",
  },
  {
    page: 'docs/redis-forwarder.md',
    start: 'import { startRedisForwarder',
    needs: 'redis',
    replace: { "host: 'redis.internal'": "host: '127.0.0.1', port: Number(new URL('THE_REDIS').port)" },
    after: 'await forwarder.stop()',
  },
  {
    page: 'docs/redis.md',
    start: "import { configure } from 'promhive'\nimport { redis } from 'promhive/redis'\n\nconst backend",
    needs: 'redis',
    replace: { 'redis://127.0.0.1:6379': 'THE_REDIS' },
    after: `new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()\n${shows('jobs_total 1')}\nawait backend.close()`,
  },
  {
    page: 'docs/redis.md',
    start: 'configure({ backend: redis({ url, perHost',
    before: `${redis}const url = 'THE_REDIS'`,
    needs: 'redis',
    replace: { '/dev/shm/shop': 'FOLDER/shop' },
    after: `new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()\n${shows('jobs_total 1')}`,
  },
  {
    page: 'docs/redis.md',
    start: "import { configure } from 'promhive'\nimport { redis } from 'promhive/redis'\n\nconfigure",
    needs: 'redis',
    replace: { 'redis://redis-0:6379': 'THE_REDIS' },
    after: `new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()\n${shows('jobs_total 1')}`,
  },
  {
    page: 'docs/remote-write.md',
    start: 'import { startRemoteWrite',
    replace: { 'https://metrics.example.com': 'http://127.0.0.1:1', '/run/secrets/metrics-token': 'FOLDER/token' },
    before: "import { writeFileSync } from 'node:fs'\nwriteFileSync('FOLDER/token', 'secret', { mode: 0o600 })",
    after: stop,
  },
  {
    page: 'docs/remote-write.md',
    start: 'startRemoteWrite({ url',
    before: "import { startRemoteWrite } from 'promhive/remote-write'",
    replace: { '127.0.0.1:9090': '127.0.0.1:1' },
  },
  {
    page: 'docs/server-statistics.md',
    start: 'import { register, startMetricsServer',
    replace: { '9117': '0', '/run/': 'FOLDER/' },
    after: shows('uwsgi_up 0'),
  },
  { page: 'docs/server-statistics.md', start: 'import { createServer }', replace: { '9117': '0' } },
  {
    page: 'docs/statsd.md',
    start: "import { startStatsd } from 'promhive/statsd'\n\nconst exporter",
    after: stop,
    replace: { '8125': '9' },
  },
  {
    page: 'docs/statsd.md',
    start: "import { startStatsd } from 'promhive/statsd'\n\nstartStatsd",
    replace: { "from: 'each'": "address: 'udp://127.0.0.1:9', from: 'each'" },
  },
  {
    page: 'docs/statsd.md',
    start: 'import { StatsD }',
    replace: { "host: '127.0.0.1'": "host: '127.0.0.1', port: 9" },
  },
  {
    page: 'docs/text-file.md',
    start: 'import { startTextFile',
    replace: { '/tmp/': 'FOLDER/' },
    after: `${stop}\nimport { existsSync } from 'node:fs'\ncheck.ok(existsSync('FOLDER/shop.prom'))`,
  },
  {
    page: 'docs/writing-a-backend.md',
    start: 'import { configure }',
    before: "import { FilesBackend } from './files-backend.mjs'",
    replace: { '/mnt/metrics/': 'FOLDER/' },
    after: `new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()\n${shows('jobs_total 1')}`,
  },
  {
    page: 'docs/writing-a-backend.md',
    start: 'class MyValues',
    after: "for (const name of ['inc', 'dec', 'set', 'get']) check.equal(typeof MyValues.prototype[name], 'function')",
  },
  {
    page: 'docs/hooks.md',
    start: 'import type { Hooks }',
    replace: {
      "import type { Hooks } from 'promhive/supervisor'": '',
      'export default': 'const hooks =',
      ' satisfies Hooks': '',
    },
    after:
      "let seen\nhooks.workerExited({ worker: { id: 3 }, exit: { reason: 'oom' }, logger: { warn: (text) => (seen = text) } })\ncheck.equal(seen, 'worker 3: oom')",
  },
  {
    page: 'docs/writing-a-backend.md',
    start: 'import { loadBackend }',
    before:
      "import { FilesBackend } from './files-backend.mjs'\nprocess.env.PROMHIVE_BACKEND_CLASS = './files-backend.mjs#FilesBackend'\nprocess.env.PROMHIVE_BACKEND_CONFIG = 'FOLDER/metrics.json'\nimport { writeFileSync } from 'node:fs'\nwriteFileSync('FOLDER/metrics.json', JSON.stringify({ folder: 'FOLDER/numbers' }))",
    replace: { '/mnt/metrics/': 'FOLDER/' },
    after:
      "new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()\ncheck.match(await register.metrics(), /jobs_total 1/)",
  },
]
