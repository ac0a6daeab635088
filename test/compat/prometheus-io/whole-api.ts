// Uses every name of @prometheus-io/client's declarations, in the ways that code for the client does. Compiled against the client and
// against the entry: see types.test.ts.
import type { ServerResponse } from 'node:http'
import * as client from 'promhive/prometheus-io'
import {
  type Aggregator,
  AggregatorRegistry,
  type Charset,
  ClusterRegistry,
  type CollectFunction,
  type Collector,
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  contentType,
  type DefaultMetricsCollectorConfiguration,
  exponentialBuckets,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  type IncreaseDataWithExemplar,
  type LabelValues,
  linearBuckets,
  type Metric,
  type MetricConfiguration,
  type MetricObject,
  type MetricObjectWithValues,
  type MetricType,
  type MetricValue,
  type MetricValueWithName,
  type ObserveDataWithExemplar,
  type OpenMetricsContentType,
  type OpenMetricsMIME,
  type OpenMetricsVersion,
  openMetricsContentType,
  type PrometheusContentType,
  type PrometheusMetricsVersion,
  type PrometheusMIME,
  Pushgateway,
  prometheusContentType,
  Registry,
  type RegistryContentType,
  register,
  Summary,
  type SummaryConfiguration,
  validateMetricName,
  WorkerRegistry,
} from 'promhive/prometheus-io'

export const charset: Charset = 'utf-8'
export const mime: PrometheusMIME = 'text/plain'
export const version: PrometheusMetricsVersion = '0.0.4'
export const openMime: OpenMetricsMIME = 'application/openmetrics-text'
export const openVersion: OpenMetricsVersion = '1.0.0'
export const text: PrometheusContentType = prometheusContentType
export const openText: OpenMetricsContentType = openMetricsContentType
export const either: RegistryContentType[] = [contentType, Registry.PROMETHEUS_CONTENT_TYPE, text, openText]
// @ts-expect-error no content type of a registry
export const neither: RegistryContentType = 'text/html'

// Registries
const registry = new Registry()
const openRegistry = new Registry<OpenMetricsContentType>(Registry.OPENMETRICS_CONTENT_TYPE)
openRegistry.setContentType(openMetricsContentType)
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
// @ts-expect-error no content type of a registry
registry.setContentType('text/html')
export const chosen: PrometheusContentType | OpenMetricsContentType = registry.contentType
export const anyRegistry: Registry = openRegistry
export const asText: Promise<string> = register.metrics()
export const oneAsText: Promise<string> = register.getSingleMetricAsString('name')
registry.setDefaultLabels({ app: 'shop', version: 2 })
registry.resetMetrics()
registry.removeSingleMetric('name')
registry.clear()
export const merged: Registry = Registry.merge([registry, register])
export const objects: MetricObject[] = [...registry.getMetricsAsArray(), ...registry.getMetricsAsArray('sum')]
export const ofJson: Registry<OpenMetricsContentType> = Registry.aggregate<OpenMetricsContentType>([[{}]])
export const oneMetric: Promise<string> = registry.getMetricsAsString(new Counter({ name: 'n', help: 'N.' }))
export const found: Metric<'method'> | undefined = registry.getSingleMetric<'method'>('name')
export const counterFound = registry.getSingleMetric('name') as Counter<'method'>
export const gaugeFound = register.getSingleMetric<never>('name') as client.Gauge | undefined

export async function show(response: ServerResponse): Promise<void> {
  response.setHeader('Content-Type', register.contentType)
  const json: MetricObjectWithValues<MetricValue<string>>[] = await register.getMetricsAsJSON('sum')
  for (const { name, help, type, aggregator, collect, values } of json) {
    response.write([name, help, type === 'counter', aggregator, typeof collect].join())
    for (const { value, labels } of values) response.write(`${value.toFixed()} ${labels.method ?? 'none'}`)
  }
  response.end(await register.metrics())
}

// Counters
const counterOptions: CounterConfiguration<'method' | 'status'> = {
  name: 'requests_total',
  help: 'Requests.',
  labelNames: ['method', 'status'],
  registers: [registry, openRegistry],
  aggregator: 'sum',
  enableExemplars: false,
  collect() {
    this.inc({ method: 'GET' })
  },
}
const counter = new Counter(counterOptions)
const named = new client.Counter({ name: 'n', help: 'N.', labelNames: ['method', 'status'] as const })
const unnamed = new client.Counter({ name: 'n', help: 'N.' })
named.inc({ method: 'GET' })
named.inc({ method: 'GET', status: 200 }, 2)
named.inc()
named.inc(5)
named.inc({})
// @ts-expect-error no label of the counter
named.inc({ verb: 'GET' })
// @ts-expect-error no value of a label
named.inc({ method: true })
unnamed.inc()
// @ts-expect-error a counter without labels
unnamed.inc({ anything: 'at all' })
const increase: IncreaseDataWithExemplar<'method'> = { value: 1, labels: { method: 'GET' }, exemplarLabels: {} }
new Counter<'method'>({ name: 'n', help: 'N.', enableExemplars: true }).inc(increase)
const ofCounter: Counter.Internal = counter.labels('GET', '200')
ofCounter.inc()
ofCounter.inc(2)
counter.labels({ method: 'GET' }).inc(1)
// @ts-expect-error positional values are texts
counter.labels('GET', 200)
counter.reset()
counter.remove('GET', '200')
counter.remove({ method: 'GET' })
export const counted: Promise<MetricObjectWithValues<MetricValue<'method' | 'status'>>> = counter.get()

// Gauges
const gaugeOptions: GaugeConfiguration<'floor'> = { name: 'g', help: 'G.', labelNames: ['floor'], aggregator: 'first' }
const gauge = new Gauge(gaugeOptions)
gauge.set(1)
gauge.set({ floor: 1 }, 2)
gauge.inc({ floor: 1 })
gauge.inc({ floor: 1 }, 2)
gauge.inc()
gauge.dec({ floor: 1 }, 2)
gauge.dec(3)
gauge.setToCurrentTime()
gauge.setToCurrentTime({ floor: 2 })
export const seconds: number = gauge.startTimer({ floor: 1 })({ floor: 2 })
const ofGauge: Gauge.Internal<'floor'> = gauge.labels('1')
ofGauge.inc()
ofGauge.dec(2)
ofGauge.set(3)
ofGauge.setToCurrentTime()
export const held: number = ofGauge.startTimer()({ floor: 1 })
gauge.labels({ floor: 1 }).set(1)
// @ts-expect-error a value is missing
gauge.set({ floor: 1 })
gauge.reset()
gauge.remove('1')
gauge.remove({ floor: 1 })
export const gauged: Promise<MetricObjectWithValues<MetricValue<'floor'>>> = gauge.get()

export const computed = new Gauge({
  name: 'queue_length',
  help: 'Jobs.',
  async collect() {
    this.set(await Promise.resolve(1))
  },
})

// Histograms
const histogramOptions: HistogramConfiguration<'method'> = {
  name: 'h',
  help: 'H.',
  labelNames: ['method'],
  buckets: linearBuckets(0, 10, 20).concat(exponentialBuckets(1, 2, 5)),
}
const histogram = new Histogram(histogramOptions)
histogram.observe(1)
histogram.observe({ method: 'GET' }, 1)
const observation: ObserveDataWithExemplar<'method'> = { value: 1, labels: { method: 'GET' } }
histogram.observe(observation)
export const ended: number = histogram.startTimer({ method: 'GET' })({ method: 'POST' })
export const exemplified: number = histogram.startTimer({}, { method: 'trace' })({}, { method: 'trace' })
histogram.zero({ method: 'GET' })
const ofHistogram: Histogram.Internal<'method'> = histogram.labels('GET')
ofHistogram.observe(2)
ofHistogram.startTimer()({ method: 'GET' })
histogram.labels({ method: 'GET' }).observe(2)
export const config: Histogram.Config = { buckets: [1, 2] }
histogram.reset()
histogram.remove('GET')
histogram.remove({ method: 'GET' })
export const observed: Promise<MetricObjectWithValues<MetricValueWithName<'method'>>> = histogram.get()

// Summaries
const summaryOptions: SummaryConfiguration<'method'> = {
  name: 's',
  help: 'S.',
  percentiles: [0.5, 0.99],
  maxAgeSeconds: 600,
  ageBuckets: 5,
  pruneAgedBuckets: true,
  compressCount: 100,
}
const summary = new Summary(summaryOptions)
summary.observe(1)
summary.observe({ method: 'GET' }, 1)
export const ofTimer: number = summary.startTimer({ method: 'GET' })({ method: 'POST' })
const ofSummary: Summary.Internal<'method'> = summary.labels('GET')
ofSummary.observe(2)
export const ofSummaryTimer: number = ofSummary.startTimer()({ method: 'GET' })
summary.labels({ method: 'GET' }).observe(2)
export const summaryConfig: Summary.Config = { percentiles: [0.5] }
summary.reset()
summary.remove('GET')
summary.remove({ method: 'GET' })
export const summarized: Promise<MetricObjectWithValues<MetricValueWithName<'method'>>> = summary.get()

// Metrics of any type
for (const metric of [unnamed, computed] as Metric[]) register.registerMetric(metric)
registry.registerMetric(named)
registry.registerMetric(histogram)
registry.registerMetric(summary)
export const names: string[] = ['a', 'b'].filter((name) => validateMetricName(name))
export const aggregators: Aggregator[] = ['omit', 'sum', 'first', 'min', 'max', 'average']
export const labels: LabelValues<'method' | 'status'> = { status: 200 }
export const update: CollectFunction<Gauge<'floor'>> = function () {
  this.set({ floor: 1 }, 1)
}
export const collector: Collector = () => undefined
export const kinds: MetricType[] = ['counter', 'gauge', 'histogram', 'summary']

export function described<T extends string>({ name, help, labelNames }: MetricConfiguration<T>): string {
  return [name, help, ...(labelNames ?? [])].join()
}

export function oneOf<T extends string>(options: CounterConfiguration<T>): Counter<T> {
  return (register.getSingleMetric<T>(options.name) as Counter<T>) ?? new Counter<T>(options)
}

export class Requests extends Counter<'method'> {
  constructor(readonly prefix: string) {
    super({ name: `${prefix}_requests_total`, help: 'Requests.', labelNames: ['method'] })
  }

  override get(): Promise<MetricObjectWithValues<MetricValue<'method'>>> {
    return super.get()
  }
}

// The rest
const defaults: DefaultMetricsCollectorConfiguration<PrometheusContentType> = {
  register,
  prefix: 'app_',
  gcDurationBuckets: [0.1, 1],
  eventLoopMonitoringPrecision: 20,
  eventLoopUtilizationTimeout: 200,
  eventLoopUtilizationBuckets: [0.5, 1],
  eventLoopUtilizationPercentiles: [0.5],
  eventLoopUtilizationAgeBuckets: 2,
  eventLoopUtilizationMaxAgeSeconds: 30,
  labels: { app: 'shop' },
}
collectDefaultMetrics()
collectDefaultMetrics(defaults)
collectDefaultMetrics({ register: openRegistry })
export const collected: string[] = collectDefaultMetrics.metricsList

const parameters: Pushgateway.Parameters = { jobName: 'nightly', groupings: { instance: 'a' } }
const options: Pushgateway.Options = { timeout: 5000, requireJobName: false }
const gateway = new Pushgateway('http://127.0.0.1:9091', options, registry)
export const gateways: Pushgateway<RegistryContentType>[] = [
  gateway,
  new Pushgateway('http://127.0.0.1:9091'),
  new Pushgateway('http://127.0.0.1:9091', registry),
  new Pushgateway('http://127.0.0.1:9091', null, openRegistry),
]

export async function push(): Promise<unknown[]> {
  const { resp, body } = await gateway.push(parameters)
  return [resp, body, await gateway.pushAdd({ jobName: 'nightly' }), await gateway.delete(parameters)]
}

const clusterRegistry = new ClusterRegistry()
const aggregatorRegistry = new AggregatorRegistry<PrometheusContentType>(prometheusContentType)
const workerRegistry = new WorkerRegistry(openMetricsContentType)
export const ofCluster: Promise<string>[] = [clusterRegistry.clusterMetrics(), aggregatorRegistry.clusterMetrics()]
export const ofWorkers: Promise<string> = workerRegistry.workerMetrics()
export const shutdowns: Promise<void>[] = [aggregatorRegistry.shutdown(), workerRegistry.shutdown()]
export const aggregated: Registry<PrometheusContentType> = ClusterRegistry.aggregate<PrometheusContentType>([{}])
ClusterRegistry.setRegistries(registry)
WorkerRegistry.setRegistries([registry, openRegistry])
AggregatorRegistry.setRegistries([registry, openRegistry])
