import type { EventLoopUtilization } from 'node:perf_hooks'
import { clearInterval, monotonicNow, setInterval } from '../../platform/timers.js'
import type { RuntimeMetrics, SummaryFamily } from './runtime-metrics.js'
import { Watch } from './watch.js'

export interface UtilizationSampleOptions {
  /** Milliseconds between two samples. The default is 100. */
  readonly interval?: number
  readonly buckets?: readonly number[]
  readonly quantiles?: readonly number[]
  readonly maxAgeSeconds?: number
  readonly ageBuckets?: number
}

/** The defaults of @prometheus-io/client. */
const defaults = {
  interval: 100,
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 1],
  quantiles: [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999],
  maxAgeSeconds: 60,
  ageBuckets: 5,
} as const

type Observe = (utilization: number) => void

/** Samples the utilization of this thread's event loop at an interval. */
export class UtilizationSampler {
  private readonly observers = new Set<Observe>()
  private timer: NodeJS.Timeout | undefined
  private last: EventLoopUtilization | undefined
  private sampledAt = 0
  /** Intervals that have passed and are not observed yet, a fraction of one. */
  private due = 0

  constructor(private readonly interval: number) {}

  /** Returns the observer, which runs while it is used. */
  watch(observe: Observe): Watch {
    return new Observing(
      () => this.add(observe),
      () => this.remove(observe),
    )
  }

  private add(observe: Observe): void {
    this.observers.add(observe)
    if (this.timer !== undefined) return
    this.last = performance.eventLoopUtilization()
    this.sampledAt = monotonicNow()
    this.timer = setInterval(() => this.sample(), this.interval).unref()
  }

  private remove(observe: Observe): void {
    this.observers.delete(observe)
    if (this.observers.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** While the loop is blocked, no timer runs: the sample after it counts once for each interval that has passed. */
  private sample(): void {
    const now = monotonicNow()
    this.due += (now - this.sampledAt) / this.interval
    this.sampledAt = now
    const count = Math.round(this.due)
    if (count < 1) return
    this.due -= count
    const present = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(present, this.last)
    this.last = present
    for (const observe of this.observers) for (let i = 0; i < count; i++) observe(utilization)
  }
}

class Observing extends Watch {
  constructor(
    protected override readonly start: () => void,
    protected override readonly stop: () => void,
  ) {
    super()
  }
}

export function utilizationSamples(metrics: RuntimeMetrics, options: UtilizationSampleOptions): void {
  const { interval, buckets, quantiles, maxAgeSeconds, ageBuckets } = { ...defaults, ...options }
  const sampler = new UtilizationSampler(interval)
  const common = {
    help: 'Ratio of time the event loop is not idling in the event provider to the total time the event loop is running.',
    known: [{}],
    watch: (observe: Parameters<SummaryFamily['watch']>[0]) => sampler.watch((value) => observe({}, value)),
  }
  metrics.summary({
    ...common,
    name: 'nodejs_eventloop_utilization_summary',
    quantiles,
    maxAgeSeconds,
    ageBuckets,
  })
  metrics.histogram({ ...common, name: 'nodejs_eventloop_utilization_histogram', buckets })
}
