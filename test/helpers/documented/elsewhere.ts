/** Blocks of the docs that another test runs. A block with a file name is found by that name. */
export interface RunElsewhere {
  readonly page: string
  /** How the block begins, or the name of the file above it. Without either: every named file of the page. */
  readonly start?: string
  /** The test, which names the page. */
  readonly by: string
  /** What the test contains, if it does not name the page itself. */
  readonly names?: string
}

const examples = 'test/docs/examples.test.ts'

export const runElsewhere: readonly RunElsewhere[] = [
  { page: 'README.md', start: 'npm ci && npm test', by: '.github/workflows/ci.yml', names: 'run: npm test' },
  { page: 'README.md', start: 'npm install promhive', by: 'test/package/alias-packages.test.ts', names: "'promhive'" },
  { page: 'README.md', start: 'import cluster', by: 'test/docs/readme.test.ts' },
  { page: 'README.md', start: 'const cluster', by: 'test/docs/readme.test.ts' },
  { page: 'docs/architecture.md', start: 'npx vitest run', by: 'test/layers.test.ts', names: 'imports go downwards' },
  { page: 'docs/behind-nginx.md', by: 'test/docs/behind-nginx.test.ts' },
  {
    page: 'docs/behind-nginx.md',
    start: 'npm run example',
    by: 'test/examples/behind-nginx.test.ts',
    names: "'--prove'",
  },
  { page: 'docs/cardinality.md', by: 'test/docs/cardinality.test.ts' },
  { page: 'docs/cardinality.md', start: 'PROMHIVE_DIR=', by: 'test/docs/cardinality.test.ts' },
  { page: 'docs/coming-from-gunicorn-prometheus-exporter.md', by: examples },
  { page: 'docs/coming-from-gunicorn-prometheus-exporter.md', start: 'npx promhive run', by: examples },
  { page: 'docs/coming-from-prometheus-client.md', by: examples },
  { page: 'docs/coming-from-pytheus.md', by: examples },
  { page: 'docs/coming-from-pytheus.md', start: 'PYTHEUS_BACKEND_CLASS', by: examples },
  { page: 'docs/coming-from-uwsgi-flask.md', by: examples },
  { page: 'docs/coming-from-uwsgi-flask.md', start: 'PROMHIVE_HTTP_NAMES', by: examples },
  { page: 'docs/dashboards.md', start: 'npx promhive', by: 'test/docs/dashboards.test.ts' },
  {
    page: 'docs/dependencies.md',
    start: 'npm install promhive',
    by: 'test/package/alias-packages.test.ts',
    names: "'promhive'",
  },
  { page: 'docs/drop-in.md', start: 'npm install prom-client', by: 'test/package/alias-packages.test.ts' },
  { page: 'docs/drop-in.md', start: 'npm install promhive', by: 'test/docs/drop-in.test.ts' },
  { page: 'docs/drop-in.md', by: 'test/docs/drop-in.test.ts' },
  { page: 'docs/etcd.md', by: 'test/docs/etcd.test.ts' },
  { page: 'docs/etcd.md', start: 'PROMHIVE_ETCD=', by: 'test/docs/etcd.test.ts' },
  { page: 'docs/etcd.md', start: 'mkdir -p targets', by: 'test/docs/etcd.test.ts' },
  { page: 'docs/jobs.md', by: 'test/docs/jobs.test.ts' },
  { page: 'docs/measuring-functions.md', by: examples },
  {
    page: 'docs/process-managers.md',
    start: 'pm2 start',
    by: 'test/processes/pm2.test.ts',
    names: "'start', application, '--name', 'shop', '-i'",
  },
  { page: 'docs/processes-without-http.md', by: 'test/docs/processes-without-http.test.ts' },
  { page: 'docs/pushgateway.md', start: 'import cluster', by: 'test/export/pushgateway/pushgateway.test.ts' },
  { page: 'docs/python.md', start: 'npx promhive wipe', by: 'test/docs/python.test.ts' },
  { page: 'docs/sidecar.md', by: 'test/docs/sidecar.test.ts' },
  { page: 'docs/sidecar.md', start: 'npx promhive serve --dir shop=', by: 'test/docs/sidecar.test.ts' },
  { page: 'docs/summaries.md', by: examples },
  { page: 'docs/testing.md', by: 'test/docs/testing.test.ts' },
  { page: 'docs/testing.md', start: 'PROMHIVE_DIR=', by: 'test/docs/testing.test.ts' },
  { page: 'docs/worker-targets.md', by: 'test/docs/worker-targets.test.ts' },
  { page: 'docs/worker-targets.md', start: 'npx promhive run', by: 'test/docs/worker-targets.test.ts' },
  { page: 'docs/writing-a-backend.md', start: '// A complete backend', by: 'test/docs/backend.test.ts' },
  { page: 'README.md', start: 'npm ci && npm run demo', by: 'test/examples/demo.test.ts', names: "'demo', 'demo.mjs'" },
  { page: 'docs/processes-without-http.md', start: 'export', by: 'test/docs/processes-without-http.test.ts' },
  {
    page: 'docs/writing-a-backend.md',
    start: 'import { describe',
    by: 'test/examples/files-backend.test.ts',
    names: 'backendConformance',
  },
  { page: 'docs/bundlers.md', start: 'npx esbuild', by: 'test/bundlers/bundlers.test.ts', names: "['esbuild', 'esm']" },
  { page: 'docs/bundlers.md', start: 'cp node_modules', by: 'test/bundlers/bundlers.test.ts', names: 'promhive.node' },
  {
    page: 'docs/page.md',
    start: 'npx promhive serve --open',
    by: 'test/cli/open-in-browser.test.ts',
    names: "'--open'",
  },
  { page: 'CONTRIBUTING.md', start: 'git clone', by: '.github/workflows/ci.yml', names: 'run: npm test' },
  { page: 'docs/platforms.md', start: 'node quick-start.ts', by: 'test/runtimes/node.test.ts' },
  { page: 'docs/platforms.md', start: 'node --permission', by: 'test/runtimes/node.test.ts' },
  { page: 'docs/platforms.md', start: 'bun --preload', by: 'test/runtimes/bun.test.ts' },
  { page: 'docs/platforms.md', start: "import 'promhive/register'", by: 'test/runtimes/deno.test.ts' },
  { page: 'docs/platforms.md', start: 'deno run', by: 'test/runtimes/deno.test.ts' },
]
