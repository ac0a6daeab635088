import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { provideDist, root } from '../helpers/processes/dist.js'

const folder = join(root, 'test', 'bundlers')
const hasBundlers = existsSync(join(folder, 'node_modules', 'esbuild'))

/** What an application without these features must not carry: a text that the code of each room contains. */
const rooms: Readonly<Record<string, string>> = {
  cli: 'promhive doctor',
  'store/redis': "redis.call('",
  'export/discovery/etcd': '/v3/lease/grant',
  'export/http': 'two routes have one path',
  'export/otlp': '/v1/metrics',
  'export/page': '/page/state',
  'export/pushgateway': '/metrics/job',
  'export/remote-write': 'X-Prometheus-Remote-Write-Version',
  'export/statsd': '|#',
  'instrument/http': 'http_request_duration_seconds',
  'instrument/node': 'nodejs_version_info',
  supervisor: 'SIGURG',
}

const bundles = new Map<string, string>()

describe.skipIf(!hasBundlers)('import { Counter }, bundled and minified by esbuild', () => {
  beforeAll(async () => {
    provideDist()
    const { build } = createRequire(join(folder, 'package.json'))('esbuild') as typeof import('esbuild')
    for (const name of ['promhive', 'prom-client']) {
      const contents = `import { Counter } from '${name}'\nnew Counter({ name: 'jobs_total', help: 'Jobs.' }).inc()`
      const stdin = { contents, resolveDir: root }
      const options = { bundle: true, minify: true, platform: 'node', format: 'esm', write: false } as const
      const { outputFiles } = await build({ stdin, ...options, logLevel: 'error' })
      bundles.set(name, outputFiles[0]!.text)
    }
  })

  test.for(Object.entries(rooms))('has nothing of %s', ([room, text]) => {
    expect(sourceOf(room).includes(text)).toBe(true)
    expect(bundles.get('promhive')!.includes(text)).toBe(false)
  })

  test('has the size that docs/bundlers.md says', () => {
    const [ours, theirs] = ['promhive', 'prom-client'].map((name) => Math.round(bundles.get(name)!.length / 1000))
    console.log(`import { Counter }: promhive ${ours} kB, prom-client ${theirs} kB`)
    const page = readFileSync(join(root, 'docs', 'bundlers.md'), 'utf8')
    const [, stated, statedTheirs] = /takes about (\d+) kB.*?prom-client (\d+) kB/.exec(page)!.map(Number)
    expect(Math.abs(ours! - stated!)).toBeLessThan(10)
    expect(Math.abs(theirs! - statedTheirs!)).toBeLessThan(5)
  })
})

/** The code of a room: a folder, or files of one. */
function sourceOf(room: string): string {
  const path = join(root, 'src', room)
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((file) => join(path, file))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
}
