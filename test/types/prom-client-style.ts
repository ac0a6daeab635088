// Code as it is written for prom-client compiles with another import.
import * as client from 'promhive'
import { exponentialBuckets, linearBuckets, Registry, register } from 'promhive'
import { Pushgateway } from 'promhive/pushgateway'

const registry = new client.Registry()
registry.setDefaultLabels({ app: 'shop', version: 2 })

export const counter = new client.Counter({
  name: 'metric_name',
  help: 'metric_help',
  labelNames: ['method', 'statusCode'] as const,
  registers: [registry],
})
counter.labels({ method: 'GET', statusCode: '200' }).inc()
counter.labels('GET', '200').inc()
counter.inc({ method: 'GET', statusCode: 200 }, 10)
counter.reset()

const gauge = new client.Gauge({
  name: 'metric_name',
  help: 'metric_help',
  aggregator: 'max',
  async collect() {
    this.set(await Promise.resolve(1))
  },
})
gauge.set(10)
gauge.setToCurrentTime()
const endGauge = gauge.startTimer()
endGauge()

const histogram = new client.Histogram({
  name: 'metric_name',
  help: 'metric_help',
  labelNames: ['method', 'status'],
  buckets: linearBuckets(0, 10, 20).concat(exponentialBuckets(1, 2, 5)),
})
const end = histogram.startTimer({ method: 'GET' })
const seconds: number = end({ status: '200' })
histogram.zero({ method: 'GET', status: '200' })
histogram.remove('GET', '200')
histogram.labels('GET', '200').startTimer()()

export async function metrics(response: { setHeader(name: string, value: string): void; end(body: string): void }) {
  response.setHeader('Content-Type', register.contentType)
  response.end(await register.metrics())
  response.end(await register.getSingleMetricAsString('metric_name'))
  for (const { name, help, type, values, aggregator } of await register.getMetricsAsJSON()) {
    response.end([name, help, type, aggregator, ...values.map(({ value, labels }) => `${value} ${labels.le}`)].join())
  }
}

const found = register.getSingleMetric('metric_name')
export const names: string[] = register.getMetricsAsArray().map(({ name }) => name)
register.removeSingleMetric('metric_name')
register.registerMetric(gauge)
register.resetMetrics()
register.clear()
export const merged: client.Registry = Registry.merge([registry, register])
export const contentType: string = Registry.PROMETHEUS_CONTENT_TYPE
export { found, seconds }

export async function push(): Promise<unknown> {
  const gateway = new Pushgateway(
    'http://127.0.0.1:9091',
    { timeout: 5000, headers: { a: 'b' }, agent: false },
    registry,
  )
  await gateway.pushAdd({ jobName: 'test-job', groupings: { key: 'value' } })
  await gateway.push({ jobName: 'test-job' })
  const { resp, body } = await gateway.delete({ jobName: 'test-job' })
  return [resp.statusCode, body]
}
