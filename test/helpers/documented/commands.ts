/** A command of the docs that runs in `test/docs/commands.test.ts`. */
export interface DocumentedCommand {
  readonly page: string
  /** How the block begins. */
  readonly start: string
  /** What it prints when it works; it is then ended with SIGTERM, unless it has ended itself. */
  readonly prints: RegExp
  /** It runs until it is ended. */
  readonly stays?: boolean
  /** Each line is a command of its own. */
  readonly each?: boolean
  /** Commands in front of it: what the page takes for granted. */
  readonly before?: string
  /** What it needs of the system. */
  readonly needs?: 'redis' | 'openssl' | 'root' | 'curl'
  readonly after?: string
  /** Texts of the page that are different here; THE_REDIS is the URL of a server. */
  readonly replace?: Readonly<Record<string, string>>
  /** The first line, `before` included, stays in the background; the others run once it has printed this. */
  readonly background?: string
  /** What it sends to, and the port that the page names. */
  readonly receiver?: { readonly protocol: 'http' | 'udp'; readonly port: number }
}

const counts = 'PROMHIVE_DIR=/dev/shm/shop node counts.mjs'
const supervised = /workers serve .*; metrics at http/

export const documentedCommands: readonly DocumentedCommand[] = [
  { page: 'README.md', start: 'node --import promhive/register', prints: /metrics at http/, stays: true, each: true },
  { page: 'docs/cardinality.md', start: 'npx promhive explain', prints: /^merged/m, before: counts },
  { page: 'docs/configuration.md', start: 'npx promhive config', prints: /^workers +8 +command line --workers$/m },
  { page: 'docs/configuration.md', start: 'promhive run app.js --allowed', prints: supervised, stays: true },
  {
    page: 'docs/configuration.md',
    start: 'promhive run app.js --ssl',
    prints: /metrics at https/,
    stays: true,
    before: `mkdir -p /etc/shop && cd /etc/shop
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout metrics.key -subj /CN=shop -out metrics.pem
cp metrics.pem prometheus-ca.pem && cd "$OLDPWD"`,
    needs: 'openssl',
  },
  {
    page: 'docs/exporters.md',
    start: 'PROMHIVE_TEXT_FILE=',
    prints: supervised,
    stays: true,
    before: 'mkdir -p /var/lib/prometheus/node-exporter',
  },
  { page: 'docs/hooks.md', start: 'npx promhive run', prints: supervised, stays: true },
  {
    page: 'docs/http-metrics.md',
    start: 'node --import promhive/register',
    prints: /^jobs_total 1$/m,
    background: 'metrics at',
    needs: 'curl',
  },
  { page: 'docs/multi-process.md', start: 'PROMHIVE_DIR=', prints: /listening/, stays: true },
  {
    page: 'docs/multi-process.md',
    start: 'npx promhive serve',
    prints: /serving .* at http/,
    stays: true,
    before: counts,
  },
  {
    page: 'docs/otlp.md',
    start: 'PROMHIVE_OTLP=',
    prints: supervised,
    stays: true,
    receiver: { protocol: 'http', port: 4318 },
  },
  { page: 'docs/per-worker.md', start: 'npx promhive run', prints: supervised, stays: true },
  { page: 'docs/platforms.md', start: 'npx promhive doctor', prints: /^ +ok +writer +mmap: /m },
  { page: 'docs/process-managers.md', start: 'PROMHIVE_DIR=', prints: /listening/, stays: true },
  {
    page: 'docs/prometheus.md',
    start: 'npx promhive rules',
    prints: /alert: .*"title": "promhive"/s,
    before: 'node serves.mjs',
    background: 'metrics at',
    after: 'cat alerts.yml dashboard.json',
  },
  {
    page: 'docs/behind-nginx.md',
    start: 'npx promhive rules',
    prints: /alert: .*"title": "Shop"/s,
    before: 'node serves.mjs',
    background: 'metrics at',
    after: 'cat alerts.yml dashboard.json',
  },
  { page: 'docs/promhive-run.md', start: 'npx promhive run app.js --workers', prints: supervised, stays: true },
  {
    page: 'docs/promhive-run.md',
    start: 'sudo promhive run',
    prints: supervised,
    stays: true,
    needs: 'root',
  },
  {
    page: 'docs/remote-write.md',
    start: 'npm install snappyjs',
    prints: supervised,
    stays: true,
    receiver: { protocol: 'http', port: 9090 },
  },
  {
    page: 'docs/server-statistics.md',
    start: 'npx promhive run',
    prints: /^version .* 4 workers/m,
    background: 'workers serve',
  },
  {
    page: 'docs/sidecar.md',
    start: 'npx promhive serve --dir /dev/shm',
    prints: /serving .* at http/,
    stays: true,
    before: counts,
  },
  {
    page: 'docs/statsd.md',
    start: 'PROMHIVE_STATSD=',
    prints: supervised,
    stays: true,
    receiver: { protocol: 'udp', port: 8125 },
  },
  {
    page: 'docs/text-file.md',
    start: 'PROMHIVE_TEXT_FILE=',
    prints: supervised,
    stays: true,
    before: 'mkdir -p /var/lib/prometheus/node-exporter',
  },
  {
    page: 'docs/worker-targets.md',
    start: 'PROMHIVE_WORKER_PORTS=',
    prints: /metrics at http/,
    stays: true,
    before: 'mkdir -p /etc/prometheus/targets',
  },
  {
    page: 'docs/worker-targets.md',
    start: 'npx promhive serve',
    prints: /serving .* at http/,
    stays: true,
    before: counts,
  },
  { page: 'docs/python.md', start: 'npx promhive serve', prints: /serving .* at http/, stays: true, before: counts },
  {
    page: 'docs/exporters.md',
    start: 'export PROMHIVE_EXPORTERS',
    before: 'mkdir -p /var/lib/prometheus/node-exporter',
    after: 'promhive run server.js',
    prints: supervised,
    stays: true,
  },
  {
    page: 'docs/file-format.md',
    start: 'cat /dev/shm/example',
    before: 'PROMHIVE_DIR=/dev/shm/example node counts.mjs',
    prints: /^\w+ f 0 {"type":"counter","name":"jobs_total"/m,
  },
  {
    page: 'docs/promhive-run.md',
    start: 'npx promhive run app.js --pid-file',
    background: 'workers serve',
    after: 'while ! grep -q reloaded background.log; do sleep 0.1; done; cat background.log',
    prints: /reloaded 2 workers|2 workers reloaded/,
  },
  {
    page: 'docs/promhive-run.md',
    start: 'PROMHIVE_BACKEND_CLASS=',
    before: `mkdir -p /etc/shop && echo '{ "url": "THE_REDIS" }' > /etc/shop/redis.json`,
    prints: supervised,
    stays: true,
    needs: 'redis',
  },
  {
    page: 'docs/redis.md',
    start: 'PROMHIVE_REDIS_URL=',
    replace: { 'redis://metrics:secret@redis.internal': 'THE_REDIS' },
    prints: /serving .* at http/,
    stays: true,
    needs: 'redis',
  },
]
