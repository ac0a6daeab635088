import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { link } from '../helpers/npm/link.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { hasNode24, node24, node24Folder } from '../helpers/processes/node24.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const execute = promisify(execFile)
const preload = 'promhive/prom-client/register'

/** An application that has prom-client twice, @prometheus-io/client, and packages and files with names like theirs. */
function application(stage: Stage, program: string): string {
  provideDist()
  const folder = stage.folder()
  const installed = join(node24Folder, 'node_modules')
  const clients = Object.fromEntries(
    ['prom-client', '@prometheus-io/client'].map((name) => [name, join(installed, name)]),
  )
  link(folder, { ...clients, promhive: root })
  const files = {
    'node_modules/plug-in/index.js': "module.exports = require('prom-client')",
    'node_modules/plug-in/node_modules/prom-client/index.js': "module.exports = 'a copy'",
    'node_modules/plug-in/node_modules/prom-client/package.json': '{ "version": "14.2.0" }',
    'node_modules/prom-client-foo/index.js': "module.exports = 'another package'",
    'prom-client/index.js': "module.exports = 'a folder of the application'",
    'app.mjs': program,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Runs the program; returns the JSON that it printed, and its standard error. */
async function run(folder: string, node: string, args: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { ...cleanEnvironment(), ...env } }
  const { stdout, stderr } = await execute(node, [...args, 'app.mjs'], options)
  return { seen: JSON.parse(stdout), stderr }
}

const begin = `
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const { default: client } = await import('promhive/prom-client')
const { default: newer } = await import('promhive/prometheus-io')`

const everyWay = `${begin}
import { Worker } from 'node:worker_threads'
import { fork } from 'node:child_process'
import byImport, { Counter } from 'prom-client'
import { Registry } from '@prometheus-io/client'
const inThread = (code, options) => new Promise((resolve) => new Worker(code, options).once('message', resolve))
const isClient = "require('prom-client') === require('promhive/prom-client')"
const file = (name) => new URL(name, import.meta.url)
const { writeFileSync } = await import('node:fs')
writeFileSync(file('thread.cjs'), "require('worker_threads').parentPort.postMessage(" + isClient + ')')
writeFileSync(file('child.cjs'), 'process.send(' + isClient + ')')
console.log(JSON.stringify({
  led: {
    'require()': require('prom-client') === client,
    'require() of the newer client': require('@prometheus-io/client') === newer,
    import: byImport === client && Counter === client.Counter,
    'import of the newer client': Registry === newer.Registry,
    'import()': (await import('prom-client')).default === client,
    'a nested copy': require('plug-in') === client,
    'a nested copy by its path': require('./node_modules/plug-in/node_modules/prom-client') === client,
    'a path below lib': require('prom-client/lib/registry') === client.Registry,
    'a path below lib with .js': require('prom-client/lib/counter.js') === client.Counter,
    'a path below lib by its file': require('./node_modules/prom-client/lib/gauge.js') === client.Gauge,
    'what require.resolve() gives': require(require.resolve('prom-client')) === client,
    'what import.meta.resolve() gives': (await import(import.meta.resolve('prom-client'))).default === client,
    'a thread': await inThread(file('thread.cjs')),
    'a child process': await new Promise((resolve) => fork(file('child.cjs')).once('message', resolve)),
  },
  left: {
    'another package': require('prom-client-foo'),
    'a folder of the application': require('./prom-client'),
    version: require('prom-client/package.json').version,
    'a version that is nested': require('./node_modules/plug-in/node_modules/prom-client/package.json').version,
  },
}))`

describe.skipIf(!hasNode24)('promhive/prom-client/register', { concurrent: true }, () => {
  test.for<[string, string[], Record<string, string>]>([
    ['--import', ['--import', preload], {}],
    ['--require', ['--require', preload], {}],
    ['NODE_OPTIONS', [], { NODE_OPTIONS: `--import ${preload}` }],
    [
      'both, and promhive/register',
      ['--import', preload, '--require', preload],
      { NODE_OPTIONS: '--import promhive/register' },
    ],
  ])('leads every import of the clients to promhive, by %s', async ([, args, env], { stage }) => {
    const quiet = { PROMHIVE_STARTUP: 'off', PROMHIVE_METRICS_PORT: 'off' }
    const { seen, stderr } = await run(application(stage, everyWay), node24, args, { ...quiet, ...env })
    expect(Object.entries(seen.led).filter(([, led]) => led !== true)).toEqual([])
    expect(seen.left).toEqual({
      'another package': 'another package',
      'a folder of the application': 'a folder of the application',
      version: '15.1.3',
      'a version that is nested': '14.2.0',
    })
    expect(stderr).toBe('')
  })

  test('loads promhive with the first import of a client, and adds no listener', async ({ stage }) => {
    const program = `
      import cluster from 'node:cluster'
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const loaded = () => Object.keys(require.cache).filter((file) => /chunks/.test(file)).length
      const listeners = () => [cluster, process].map((emitter) =>
        Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)])))
      const before = [loaded(), listeners()]
      require('prom-client')
      require('@prometheus-io/client')
      console.log(JSON.stringify([before, [loaded(), listeners()]]))`
    const plain = await run(application(stage, program), node24, [])
    const { seen } = await run(application(stage, program), node24, ['--import', preload])
    const [[none, asNode], [some, after]] = seen
    expect([none, asNode]).toEqual(plain.seen[0])
    expect(some).toBeGreaterThan(0)
    expect(after).toEqual(asNode)
  })

  test('counts each default metric once beside promhive/register', async ({ stage }) => {
    const program = `
      import { performance, PerformanceObserver } from 'node:perf_hooks'
      import { Counter, collectDefaultMetrics, register } from 'prom-client'
      import { setTimeout } from 'node:timers/promises'
      collectDefaultMetrics()
      new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()
      let seen = 0
      new PerformanceObserver((list) => (seen += list.getEntries().length)).observe({ entryTypes: ['gc'] })
      // V8 collects garbage when it likes, while the metrics are read as well: what was seen before and after the reading.
      const reading = async () => {
        const least = seen
        const text = await register.metrics()
        const counts = [...text.matchAll(/^nodejs_gc_duration_seconds_count\\{.*\\} (\\d+)$/gm)].map(([, count]) => Number(count))
        return { text, counted: counts.reduce((sum, count) => sum + count, 0), least, most: seen }
      }
      await setTimeout(50)
      const before = await reading()
      for (let i = 0; i < 20; i++) globalThis.gc()
      await setTimeout(200)
      const { text, ...after } = await reading()
      console.log(JSON.stringify({
        counted: after.counted - before.counted,
        least: after.least - before.most,
        most: after.most - before.least,
        versions: [...text.matchAll(/^nodejs_version_info/gm)].length,
        jobs: /^jobs_total 1$/m.test(text),
      }))
      process.exit()`
    const env = { NODE_OPTIONS: `--import promhive/register --import ${preload}`, PROMHIVE_STARTUP: 'off' }
    const { seen } = await run(application(stage, program), node24, ['--expose-gc'], {
      ...env,
      PROMHIVE_METRICS_PORT: '0',
    })
    expect(seen).toMatchObject({ versions: 1, jobs: true })
    expect(seen.least).toBeGreaterThanOrEqual(20)
    expect(seen.counted).toBeGreaterThanOrEqual(seen.least)
    expect(seen.counted).toBeLessThanOrEqual(seen.most)
    // Were each collection counted twice, the limits would hold nothing.
    expect(seen.most).toBeLessThan(2 * seen.least)
  })

  test('lets the application run with its own client if Node.js has no hooks, and warns once', async ({ stage }) => {
    const program = `${begin}
      console.log(JSON.stringify([require('prom-client') === client, typeof require('prom-client').Counter]))`
    const withoutHooks = join(stage.folder(), 'without-hooks.cjs')
    writeFileSync(withoutHooks, "delete require('node:module').registerHooks")
    const args = ['--require', withoutHooks, '--import', preload, '--require', preload]
    const { seen, stderr } = await run(application(stage, program), process.execPath, args)
    expect(seen).toEqual([false, 'function'])
    expect(stderr.match(/promhive\/prom-client\/register needs Node\.js 22\.15, 23\.5 or later/g)).toHaveLength(1)
    expect(stderr).toContain(`this is ${process.version}`)
  })
})
