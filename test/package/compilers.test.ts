import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import * as main from '../../src/index.js'
import { type CompileError, compile, compilers, isInstalled } from '../helpers/compilers.js'
import { root } from '../helpers/source-imports.js'

/** Compiling takes seconds, and on a busy machine many. */
const timeout = 120_000

/** What a snippet takes for granted: names, packages, the types of its own parameters; or that it shows alternatives. */
const takenForGranted = [2300, 2304, 2307, 2552, 7005, 7006, 7016, 7018, 7019, 7031, 7034, 18004]

/** Programs in JavaScript, with fields that nothing declares: a .ts file cannot be the same. */
const inJavaScript = [
  'docs/writing-a-backend.md',
  'examples/backends',
  'examples/demo',
  'examples/behind-nginx/example.mjs',
  'examples/behind-nginx/run',
]
/** The same as a snippet. */
const classWithFields = /^class \w+ \{[\s\S]*\bthis\.\w+ = /m

const file = {
  misspelt: 'misspelt.ts',
  absent: 'absent.ts',
  esm: 'doors.ts',
  cjs: 'doors.cts',
  belowLib: 'below-lib.cts',
} as const
const ownFiles: readonly string[] = Object.values(file)

describe.each(compilers.filter(isInstalled))('under %s', (compiler) => {
  // Once for all tests: most of the time goes into the declarations of Node.
  let errors: readonly CompileError[]
  beforeAll(() => {
    const own = {
      [file.misspelt]: misspelt,
      [file.absent]: absent,
      [file.esm]: everyDoor(),
      [file.cjs]: everyDoor(),
      [file.belowLib]: belowLib,
    }
    errors = compile(compiler, { ...snippets(), ...examples(), ...own })
  }, timeout)

  test('every snippet of the README and the docs, and every example, compiles as .ts', () => {
    const faults = errors.filter((error) => !ownFiles.includes(error.file))
    expect(faults.filter(({ code }) => !takenForGranted.includes(code))).toEqual([])
  })

  test('a misspelt label is named, whichever call has it', () => {
    const ofCalls = errors.filter((error) => error.file === file.misspelt)
    expect(ofCalls.map(({ line }) => line)).toEqual(calls.map((_, i) => i + linesBefore))
    for (const { line, column, message } of ofCalls) {
      const call = calls[line - linesBefore]!
      expect(message, call).toContain("'statuss' does not exist")
      expect(message, call).not.toContain("'method' does not exist")
      // The compiler points at it.
      expect(call.slice(column - 1), call).toMatch(/^statuss\b/)
    }
  })

  test('every door has types, as ESM and as CommonJS', () => {
    expect(errors.filter((error) => error.file === file.esm || error.file === file.cjs)).toEqual([])
  })

  test('files below lib/ of the clients have types', () => {
    expect(errors.filter((error) => error.file === file.belowLib)).toEqual([])
  })

  test('what may be absent at run time may be undefined', () => {
    expect(errors.filter((error) => error.file === file.absent)).toEqual([])
  })
})

test('the compilers of the list are installed', () => {
  expect(compilers.filter((compiler) => !isInstalled(compiler))).toEqual([])
})

test('docs/dependencies.md names the oldest compiler of the list', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', compilers[0], 'package.json'), 'utf8'))
  const page = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
  expect(page).toContain(`TypeScript ${version.split('.').slice(0, 2).join('.')} or later`)
})

/** Imports what package.json exports. */
function everyDoor(): string {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const doors = Object.keys(exports)
    .filter((door) => door !== './package.json')
    .map((door) => door.replace('*', 'util'))
  const imports = doors.map((door, i) => `import * as door${i} from 'promhive${door.slice(1)}'`)
  return `${imports.join('\n')}\nexport const doors = [${doors.map((_, i) => `door${i}`).join(', ')}]\n`
}

/** The blocks of JavaScript and TypeScript in the README and the docs. */
function snippets(): Record<string, string> {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  const found: Record<string, string> = {}
  for (const page of pages.filter((name) => name.endsWith('.md') && !isInJavaScript(name))) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [i, [, code]] of [
      ...text.matchAll(/^```(?:js|mjs|ts|javascript|typescript)\n(.*?)^```$/gms),
    ].entries()) {
      if (!classWithFields.test(code!)) found[`${page.replaceAll('/', '-')}-${i + 1}.ts`] = complete(code!)
    }
  }
  return found
}

function examples(): Record<string, string> {
  const files = readdirSync(join(root, 'examples'), { recursive: true }) as string[]
  const programs = files.filter((name) => name.endsWith('.mjs') && !isInJavaScript(`examples/${name}`))
  return Object.fromEntries(
    programs.map((name) => [
      `example-${name.replaceAll('/', '-')}.ts`,
      complete(readFileSync(join(root, 'examples', name), 'utf8')),
    ]),
  )
}

function isInJavaScript(path: string): boolean {
  return inJavaScript.some((start) => path.startsWith(start))
}

/** Adds the imports of the main entry that a snippet uses without importing them. */
function complete(code: string): string {
  const used = Object.keys(main).filter((name) => {
    const declared = new RegExp(`(?:import|const|let|class|function)\\b[^=;(]*\\b${name}\\b`).test(code)
    return !declared && new RegExp(`(?<![.\\w'"/#])${name}\\b(?![:'"])`).test(code)
  })
  return `import { ${used.join(', ')} } from 'promhive'\n${code}\nexport {}\n`
}

const definitions = `import { Counter, Gauge, Histogram, Info, StateSet, Summary } from 'promhive'
const [method, status, statuss] = ['GET', 200, 200]
const common = { help: 'x', labelNames: ['method', 'status'] } as const
const c = new Counter({ name: 'c', help: 'x', labelNames: ['method', 'status'] })
const d = new Counter({ name: 'd', help: 'x', labelNames: ['method', 'status'], defaultLabels: { status: 1 } })
const g = new Gauge({ name: 'g', ...common })
const h = new Histogram({ name: 'h', ...common })
const s = new Summary({ name: 's', ...common })
const i = new Info({ name: 'i', ...common })
const t = new StateSet({ name: 't', ...common, states: ['a'] })
`
const linesBefore = definitions.split('\n').length

const calls = [
  'c.inc({ method, statuss })',
  'c.inc({ method, status, statuss })',
  'c.inc({ method, statuss }, 2)',
  "c.inc({ method, statuss }, 2, { trace_id: 'x' })",
  'c.labels({ method, statuss })',
  'c.remove({ method, statuss })',
  'c.removeByLabels({ method, statuss })',
  'd.inc({ method, statuss })',
  'd.labels({ method, statuss })',
  'g.set({ method, statuss }, 1)',
  'g.inc({ method, statuss })',
  'g.dec({ method, statuss }, 1)',
  'g.setToCurrentTime({ method, statuss })',
  'g.startTimer({ method, statuss })',
  'h.observe({ method, statuss }, 1)',
  'h.zero({ method, statuss })',
  'h.startTimer({ method, statuss })',
  's.observe({ method, statuss }, 1)',
  'i.info({ method, statuss })',
  "t.state({ method, statuss }, 'a')",
  't.set({ method, statuss }, { a: true })',
]

const misspelt = `${definitions}${calls.join('\n')}\nvoid status\n`

/** What public code imports of the clients, by path. */
const belowLib = `import Registry = require('promhive/prom-client/lib/registry')
import Counter = require('promhive/prom-client/lib/counter.js')
import Gauge = require('promhive/prometheus-io/lib/gauge')
import gc = require('promhive/prom-client/lib/metrics/gc')
import { hashObject, getValueAsString } from 'promhive/prom-client/lib/util'
import { linearBuckets } from 'promhive/prom-client/lib/bucketGenerators.js'
import { register } from 'promhive/prom-client'

const registry: Registry = new Registry()
new Counter({ name: 'c', help: 'x', registers: [registry] }).inc()
new Gauge({ name: 'g', help: 'x' }).set(1)
gc(register, { prefix: 'shop_' })
const names: readonly string[] = gc.metricNames
const texts: string[] = [hashObject({ a: 1 }), getValueAsString(1), ...linearBuckets(0, 1, 2).map(String)]
export = [names, texts]
`

/** Values that a compiler knows as `… | undefined`: of a request, of the environment, of a trace. */
const absent = `import { createServer } from 'node:http'
import { collectDefaultMetrics, configure, Counter, Gauge, Histogram, Info, Registry, register, StateSet, startMetricsServer, Summary } from 'promhive'
import { Pushgateway } from 'promhive/pushgateway'
import { redis } from 'promhive/redis'
import { startRedisForwarder } from 'promhive/redis-forwarder'
import { httpMetrics } from 'promhive/express'
import { supervise } from 'promhive/supervisor'
import { uwsgiCollector } from 'promhive/uwsgi'

const text = process.env['TEXT']
const number = text === undefined ? undefined : Number(text)
declare const span: { readonly traceId: string } | undefined
declare const flag: boolean | undefined

const common = { help: 'x', labelNames: ['method', 'status'], unit: undefined, maxSeries: number, expireAfter: number } as const
const c = new Counter({ name: 'c', ...common, requiredLabels: undefined, onLimit: undefined, collect: undefined, run: undefined })
const d = new Counter({ name: 'd', help: 'x', labelNames: ['zone'], defaultLabels: { zone: text }, enableExemplars: flag })
const g = new Gauge({ name: 'g', ...common, mode: undefined, aggregator: text })
const h = new Histogram({ name: 'h', ...common, buckets: undefined })
const s = new Summary({ name: 's', ...common, quantiles: undefined, relativeError: number })
const i = new Info({ name: 'i', help: 'x', labelNames: ['version'] })
const t = new StateSet({ name: 't', help: 'x', labelNames: ['method'], states: ['a'], mode: undefined, initial: undefined })

createServer((request, response) => {
  const end = h.startTimer({ method: request.method })
  const labels = { method: request.method, status: response.statusCode }
  c.inc(labels)
  c.inc(labels, number, { trace_id: span?.traceId })
  c.labels(labels).inc(1, { trace_id: span?.traceId, sampled: true })
  c.labels({ method: request.method }).labels({ status: 200 }).inc()
  c.labels(request.method, response.statusCode).inc()
  d.inc({ zone: text })
  d.inc({ labels: { zone: text }, value: number, exemplarLabels: { trace_id: span?.traceId } })
  g.set(labels, 1)
  g.startTimer({ method: request.method })({ status: undefined })
  h.observe(labels, 1, { trace_id: span?.traceId })
  s.observe(labels, 1)
  i.info({ version: text })
  t.state({ method: request.method }, 'a')
  c.remove(labels, { scope: undefined })
  c.removeByLabels({ method: request.method })
  end({ status: 200 })
})

configure({ dir: text, strict: flag, onError: undefined, maxSeries: number, workerLabel: undefined, backend: undefined })
collectDefaultMetrics({ prefix: text, labels: { zone: text } })
register.setDefaultLabels({ zone: text, shard: number })
register.registerCollector({
  name: 'x',
  run: undefined,
  collect: () => [{ name: 'x', help: 'x', type: 'gauge', mode: undefined, values: [{ labels: { zone: text }, value: 1 }] }],
})
new Registry({ name: text, prefix: text, duplicates: undefined, scope: undefined })
void startMetricsServer({ port: number, host: text, path: text, registry: undefined, tls: undefined })
redis({ url: text, keyPrefix: text, flushInterval: number })
startRedisForwarder({ host: text, port: number, password: text, registry: undefined })
httpMetrics({ buckets: undefined, ignore: undefined, names: undefined })
new Pushgateway('http://localhost:9091', { timeout: number })
uwsgiCollector({ uri: 'tcp://localhost:1', cores: flag, timeout: number })
void supervise({ workers: number, dir: text, hooks: undefined, logger: undefined, exec: text })
`
