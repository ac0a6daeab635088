// Metrics are passed around: the annotations that applications write accept them.
import { Counter, Gauge, Histogram, Registry } from 'promhive'

const requests = new Counter({ name: 'requests_total', help: 'R.', labelNames: ['method', 'status'] })
const jobs = new Counter({ name: 'jobs_total', help: 'J.' })
const rooms = new Gauge({ name: 'rooms', help: 'R.', labelNames: ['floor'] })
const sizes = new Histogram({ name: 'sizes', help: 'S.', labelNames: ['route'] })

// The exact names, in any order.
export const exact: Counter<'method' | 'status'> = requests
export const other: Counter<'status' | 'method'> = requests
export const unlabelled: Counter = jobs
export const gauge: Gauge<'floor'> = rooms
export const histogram: Histogram<'route'> = sizes

// Names that the compiler does not know: labels may be passed, and may be omitted.
export const any: readonly Counter<string>[] = [requests, jobs, exact]
export const anyGauge: Gauge<string> = rooms
export const anyHistogram: Histogram<string> = sizes
export function count(counter: Counter<string>, labels: Record<string, string>): void {
  counter.inc()
  counter.inc(2)
  counter.inc(labels)
  counter.inc(labels, 2)
  counter.labels(labels).inc()
  counter.labels('GET', 200).inc()
}
count(requests, { method: 'GET' })

// Names that are computed are strings.
const names: string[] = ['a', 'b']
const computed = new Counter({ name: 'computed_total', help: 'C.', labelNames: names })
computed.inc({ a: '1' })
count(computed, { a: '1' })

// Declared explicitly, or as const.
const explicit = new Counter<'a' | 'b'>({ name: 'explicit_total', help: 'E.', labelNames: ['a', 'b'] })
explicit.inc({ a: '1', b: '2' })
const labelNames = ['a', 'b'] as const
new Counter({ name: 'const_total', help: 'C.', labelNames }).inc({ a: '1', b: 2 })

// A metric whose labels have defaults is one that takes them all.
const defaulted = new Counter({ name: 'd_total', help: 'D.', labelNames: ['a', 'b'], defaultLabels: { b: 1 } })
export const takesAll: Counter<'a' | 'b'> = defaulted
export const some: Counter<'a' | 'b', 'b'> = defaulted
count(defaulted, { a: '1' })
new Counter<'a' | 'b'>({ name: 'd_total', help: 'D.', labelNames: ['a', 'b'], defaultLabels: { b: 1 } })

// A child is held under the type that labels() returns.
export const child: ReturnType<typeof requests.labels> = requests.labels('GET', 200)
child.inc()

// @ts-expect-error another label name
export const wrong: Counter<'method' | 'code'> = requests
// @ts-expect-error a gauge is not a counter
export const wrongType: Counter<string> = rooms
// @ts-expect-error a label name that the type does not declare
new Counter<'a'>({ name: 'explicit_total', help: 'E.', labelNames: ['a', 'b'] })
// @ts-expect-error a label is missing
explicit.inc({ a: '1' })

// A class of its own keeps its metrics.
export class Service {
  private readonly registry = new Registry()
  private readonly served = new Counter({
    name: 'served_total',
    help: 'S.',
    labelNames: ['kind'],
    registers: [this.registry],
  })
  private readonly last: Gauge = new Gauge({ name: 'last_seconds', help: 'L.', registers: [this.registry] })

  serve(kind: 'a' | 'b'): Promise<string> {
    this.served.inc({ kind })
    this.last.setToCurrentTime()
    return this.registry.metrics()
  }
}
