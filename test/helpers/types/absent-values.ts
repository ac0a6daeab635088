/** Values that a compiler knows as `… | undefined`: of a request, of the environment, of a trace. */
export const absentValues = `import { createServer } from 'node:http'
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
