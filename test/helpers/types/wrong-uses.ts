/** A wrong use, as code of one line, with `⟨` and `⟩` around what the compiler must point at. */
export type WrongUse = readonly [code: string, ...contains: readonly string[]]

/** What the wrong uses take for granted: metrics of each type of promhive and of both clients, and the entries. */
export const beforeWrongUses = `import { Counter, collectDefaultMetrics, configure, Gauge, Histogram, Info, measure, Registry, register, StateSet, Summary, startMetricsServer } from 'promhive'
import * as client from 'promhive/prom-client'
import * as io from 'promhive/prometheus-io'
import { announceTarget } from 'promhive/etcd'
import { httpMetrics } from 'promhive/express'
import { instrumentHttp } from 'promhive/http'
import { httpMetrics as nextMetrics } from 'promhive/next'
import { startOtlp } from 'promhive/otlp'
import { Pushgateway } from 'promhive/pushgateway'
import { redis } from 'promhive/redis'
import { startRedisForwarder } from 'promhive/redis-forwarder'
import { startRemoteWrite } from 'promhive/remote-write'
import { startStatsd } from 'promhive/statsd'
import { supervise } from 'promhive/supervisor'
import { startWorkerTarget } from 'promhive/targets'
import { expectMetrics, readValue } from 'promhive/testing/metrics'
import { startTextFile } from 'promhive/text-file'
import { uwsgiCollector } from 'promhive/uwsgi'
import { MultiProcessFileBackend } from 'promhive/python'

const [method, status, statuss] = ['GET', 200, 200]
const common = { help: 'x', labelNames: ['method', 'status'] } as const
const c = new Counter({ name: 'c', help: 'x', labelNames: ['method', 'status'] })
const d = new Counter({ name: 'd', help: 'x', labelNames: ['method', 'status'], defaultLabels: { status: 1 } })
const e = new Counter({ name: 'e', ...common, enableExemplars: true })
const g = new Gauge({ name: 'g', ...common })
const h = new Histogram({ name: 'h', ...common })
const s = new Summary({ name: 's', ...common })
const i = new Info({ name: 'i', ...common })
const t = new StateSet({ name: 't', ...common, states: ['on', 'off'] })
const plain = new Counter({ name: 'plain', help: 'x' })
const plainGauge = new Gauge({ name: 'plain', help: 'x' })
const plainHistogram = new Histogram({ name: 'plain', help: 'x' })
const plainStates = new StateSet({ name: 'plain', help: 'x', states: ['on', 'off'] })
const clientC = new client.Counter({ name: 'c', ...common })
const clientG = new client.Gauge({ name: 'g', ...common })
const clientH = new client.Histogram({ name: 'h', ...common })
const clientS = new client.Summary({ name: 's', ...common })
const ioC = new io.Counter({ name: 'c', ...common })
const ioG = new io.Gauge({ name: 'g', ...common })
const ioH = new io.Histogram({ name: 'h', ...common })
const ioS = new io.Summary({ name: 's', ...common })
void [status, statuss]
`

/** A misspelt label, with the one that is meant. */
const misspelt = (...calls: readonly string[]): WrongUse[] =>
  calls.map((call) => [
    call.replace('statuss', '⟨statuss⟩'),
    "'statuss' does not exist",
    "Did you mean to write 'status'?",
  ])
/** The same where another form of the argument exists: the message has the possible names. */
const misspeltBesideForm = (...calls: readonly string[]): WrongUse[] =>
  calls.map((call) => [call.replace('statuss', '⟨statuss⟩'), "'statuss' does not exist", '"method" | "status"'])
/** A misspelt option; `meant` is undefined if it is too different for the compiler to guess. */
const option = (code: string, meant?: string): WrongUse => [
  code,
  `'${/⟨(.*)⟩/.exec(code)![1]}' does not exist`,
  ...(meant === undefined ? [] : [`Did you mean to write '${meant}'?`]),
]
const isNot = (code: string, given: string, type: string): WrongUse => [
  code,
  `${given} is not assignable to`,
  `type '${type}'`,
]

export const wrongUses: readonly WrongUse[] = [
  // A label that was not declared.
  ...misspelt(
    'c.inc({ method, statuss })',
    'c.inc({ method, status, statuss })',
    'c.inc({ method, statuss }, 2)',
    "c.inc({ method, statuss }, 2, { trace_id: 'x' })",
    'c.labels({ method, statuss })',
    'c.remove({ method, statuss })',
    'c.removeByLabels({ method, statuss })',
    'g.set({ method, statuss }, 1)',
    'g.inc({ method, statuss })',
    'g.dec({ method, statuss }, 1)',
    'g.setToCurrentTime({ method, statuss })',
    'g.startTimer({ method, statuss })',
    'g.startTimer()({ method, statuss })',
    'h.observe({ method, statuss }, 1)',
    'h.zero({ method, statuss })',
    'h.startTimer({ method, statuss })',
    'h.startTimer()({ method, statuss })',
    's.observe({ method, statuss }, 1)',
    's.startTimer({ statuss })',
    'i.info({ method, statuss })',
    "t.state({ method, statuss }, 'on')",
    't.set({ method, statuss }, { on: true })',
    'clientC.labels({ method, statuss })',
    'clientC.remove({ method, statuss })',
    'clientG.set({ method, statuss }, 1)',
    'clientG.inc({ method, statuss })',
    'clientG.dec({ method, statuss }, 1)',
    'clientG.labels({ method, statuss })',
    'clientG.setToCurrentTime({ method, statuss })',
    'clientG.startTimer({ method, statuss })',
    'clientH.observe({ method, statuss }, 1)',
    'clientH.startTimer({ method, statuss })',
    'clientH.zero({ method, statuss })',
    'clientH.labels({ method, statuss })',
    'clientS.observe({ method, statuss }, 1)',
    'clientS.remove({ method, statuss })',
    'ioC.labels({ method, statuss })',
    'ioG.set({ method, statuss }, 1)',
    'ioG.inc({ method, statuss })',
    'ioH.observe({ method, statuss }, 1)',
    'ioH.startTimer({ method, statuss })',
    'ioS.labels({ method, statuss })',
    'ioS.remove({ method, statuss })',
  ),
  ...misspeltBesideForm(
    'd.inc({ method, statuss })',
    'd.labels({ method, statuss })',
    'clientC.inc({ method, statuss })',
    'clientC.inc({ method, statuss }, 2)',
    'ioC.inc({ method, statuss })',
  ),
  ["new Counter({ name: 'c', ...common, defaultLabels: { ⟨statuss⟩: 1 } })", "'statuss' does not exist"],
  [
    "new Counter({ name: 'c', help: 'x', labelNames: ['status'], requiredLabels: [⟨'statuss'⟩] })",
    '"statuss"',
    '"status"',
  ],
  ['readValue(c, { ⟨statuss⟩ })', "'statuss' does not exist"],

  // Labels that are missing, and labels of a metric without any.
  ['c.inc(⟨{ method }⟩)', "Property 'status' is missing", 'method'],
  ['c.⟨inc⟩()', 'Expected 1-3 arguments, but got 0'],
  ['g.⟨set⟩(1)', 'Expected 2 arguments, but got 1'],
  ['h.⟨observe⟩(1)', 'Expected 2-3 arguments, but got 1'],
  ['c.labels(⟨method⟩)', 'LabelValues<"method" | "status"'],
  isNot('plain.inc(⟨{ method }⟩)', "'{ method: string; }'", 'number'),
  isNot('plainGauge.dec(⟨{ method }⟩)', "'{ method: string; }'", 'number'),
  ['plainGauge.set({ method }, ⟨1⟩)', 'Expected 1 arguments, but got 2'],
  isNot('plainHistogram.startTimer({ ⟨method⟩ })', "'string'", 'never'),
  isNot('plain.removeByLabels({ ⟨method⟩ })', "'string'", 'never'),

  // Values.
  isNot('c.inc({ ⟨method⟩: {}, status })', "'{}'", 'LabelValueOrNone'),
  isNot('c.inc({ ⟨method⟩: null, status })', "'null'", 'LabelValueOrNone'),
  isNot("c.inc({ method, status }, ⟨'2'⟩)", "'string'", 'number'),
  isNot("plain.inc(⟨'2'⟩)", "'string'", 'number'),
  isNot("g.set({ method, status }, ⟨'2'⟩)", "'string'", 'number'),
  isNot("plainGauge.set(⟨'2'⟩)", "'string'", 'number'),
  isNot("h.observe({ method, status }, ⟨'2'⟩)", "'string'", 'number'),
  isNot("plainHistogram.observe(⟨'2'⟩)", "'string'", 'number'),
  ['h.⟨observe⟩({ method, status })', 'Expected 2-3 arguments, but got 1'],
  ['g.⟨set⟩({ method, status })', 'Expected 2 arguments, but got 1'],
  ["plainStates.state(⟨'onn'⟩)", '"onn"', '"on"', '"off"'],
  ['plainStates.set({ ⟨onn⟩: true })', "'onn' does not exist"],
  ['e.inc({ labels: { method, ⟨statuss⟩ }, value: 2 })', "'statuss' does not exist", "Did you mean to write 'status'?"],
  isNot("clientG.set({ method, status }, ⟨'2'⟩)", "'string'", 'number'),
  isNot("ioH.observe({ method, status }, ⟨'2'⟩)", "'string'", 'number'),

  // Options of metrics.
  option("new Counter({ name: 'c', help: 'x', ⟨labelName⟩: ['method'] })", 'labelNames'),
  option("new Counter({ name: 'c', ⟨hlep⟩: 'x' })"),
  ["new Counter(⟨{ name: 'c' }⟩)", "Property 'help' is missing"],
  ["new Counter({ name: 'c', help: 'x', ⟨labelNames⟩: 'method' })", "'string' is not assignable", "'readonly "],
  option("new Gauge({ name: 'g', help: 'x', ⟨agregator⟩: 'sum' })", 'aggregator'),
  ["new Gauge({ name: 'g', help: 'x', ⟨mode⟩: 'summ' })", '"summ"', `Did you mean '"sum"'?`],
  option("new Histogram({ name: 'h', help: 'x', ⟨bucket⟩: [1] })", 'buckets'),
  isNot("new Histogram({ name: 'h', help: 'x', ⟨buckets⟩: 1 })", "'number'", 'readonly number[]'),
  isNot("new Histogram({ name: 'h', help: 'x', buckets: [⟨'1'⟩] })", "'string'", 'number'),
  option("new Summary({ name: 's', help: 'x', ⟨percentile⟩: [1] })", 'percentiles'),
  option("new Info({ name: 'i', help: 'x', ⟨unit⟩: 's' })"),
  option("new StateSet({ name: 't', help: 'x', states: ['on'], ⟨inital⟩: 'on' })", 'initial'),
  ["new StateSet({ name: 't', help: 'x', states: ['on', 'off'], ⟨initial⟩: 'onn' })", '"onn"', '"on"'],
  ["new Counter({ name: 'c', help: 'x', ⟨run⟩: 'eech' })", '"eech"', '"each"'],
  option("new client.Counter({ name: 'c', help: 'x', ⟨labelName⟩: ['method'] })", 'labelNames'),
  option("new client.Histogram({ name: 'h', help: 'x', ⟨bucket⟩: [1] })", 'buckets'),
  option("new client.Summary({ name: 's', help: 'x', ⟨percentile⟩: [1] })", 'percentiles'),
  ["new client.Gauge({ name: 'g', help: 'x', ⟨aggregator⟩: 'summ' })", '"summ"', '"sum"'],
  option("new io.Counter({ name: 'c', help: 'x', ⟨labelName⟩: ['method'] })", 'labelNames'),
  option("new io.Histogram({ name: 'h', help: 'x', ⟨bucket⟩: [1] })", 'buckets'),

  // Registries, settings and the process.
  option("new Registry({ name: 'r', ⟨prefixx⟩: 'x' })", 'prefix'),
  ["new Registry({ ⟨duplicates⟩: 'trow' })", '"trow"', '"throw"'],
  option('configure({ ⟨stric⟩: true })', 'strict'),
  ['configure({ ⟨strict⟩: 1 })', "'number' is not assignable", "'boolean"],
  option('collectDefaultMetrics({ ⟨prefixx⟩: "x" })', 'prefix'),
  option('startMetricsServer({ ⟨prot⟩: 1 })'),
  ["startMetricsServer({ ⟨port⟩: '1' })", "'string' is not assignable", "'number"],
  option("measure({ name: 'm', ⟨bucketss⟩: [1] })", 'buckets'),
  [
    "register.registerCollector({ name: 'x', collect: () => [{ name: 'x', help: 'x', ⟨type⟩: 'gage', values: [] }] })",
    '"gage"',
    '"gauge"',
  ],
  ['register.⟨metric⟩()', "Property 'metric' does not exist", "Did you mean 'metrics'?"],
  ['c.⟨incr⟩({ method, status })', "Property 'incr' does not exist"],

  // Exporters, the supervisor and its hooks, frameworks.
  option("announceTarget({ ⟨adress⟩: 'x' })", 'address'),
  option('httpMetrics({ ⟨maxRoute⟩: 1 })', 'maxRoutes'),
  ["httpMetrics({ ⟨names⟩: 'opentelemtry' })", '"opentelemtry"', '"opentelemetry"'],
  option('instrumentHttp({ ⟨bucket⟩: [1] })', 'buckets'),
  option('nextMetrics({ ⟨maxRoute⟩: 1 })', 'maxRoutes'),
  option('startOtlp({ ⟨interva⟩: 1 })', 'interval'),
  option("new Pushgateway('http://x', { ⟨requireJobNames⟩: true })", 'requireJobName'),
  option("redis({ ⟨keyPrefixx⟩: 'x' })", 'keyPrefix'),
  ["redis({ ⟨scope⟩: 'servic' })", '"servic"', '"service"'],
  option("startRedisForwarder({ ⟨pasword⟩: 'x' })", 'password'),
  option("startRemoteWrite({ url: 'x', ⟨interva⟩: 1 })", 'interval'),
  ["startStatsd({ ⟨format⟩: 'graphit' })", '"graphit"', '"graphite"'],
  option("startTextFile({ path: 'x', ⟨interva⟩: 1 })", 'interval'),
  option("startWorkerTarget({ ports: 1, ⟨hosts⟩: 'x' })", 'host'),
  option("uwsgiCollector({ uri: 'x', ⟨core⟩: true })", 'cores'),
  option('supervise({ ⟨worker⟩: 2 })', 'workers'),
  ['supervise({ ⟨workers⟩: "2" })', "'string' is not assignable", 'number'],
  option('supervise({ hooks: { ⟨onStart⟩() {} } })'),
  option('supervise({ hooks: { ⟨whenRedy⟩() {} } })', 'whenReady'),
  option("new MultiProcessFileBackend({ ⟨directry⟩: 'x' })", 'directory'),
  option("expectMetrics('', { ⟨name⟩: ['x'] })", 'names'),
]
