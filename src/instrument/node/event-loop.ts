import type { EventLoopUtilization, IntervalHistogram } from 'node:perf_hooks'
import type { GaugeMode } from '../../model/metric-type.js'
import {
  clearInterval,
  clearTimeout,
  monotonicNow,
  setImmediate,
  setInterval,
  setTimeout,
} from '../../platform/timers.js'
import { type Lag, LagWindow } from './lag-window.js'
import { oncePerTurn, type RuntimeMetrics } from './runtime-metrics.js'
import { Watch } from './watch.js'

/** Milliseconds of one interval of the window. */
const stretch = 5_000

/** Periods that are shown together: a minute and the time to publish, so that a scrape per minute misses nothing. */
const stretches = 14

/** The event loop of this thread over a little more than a minute. Reading changes nothing. */
export class EventLoop extends Watch {
  /** The histogram of the present interval, that of the next one, and one that is not in use. */
  private seeing: IntervalHistogram | undefined
  private next: IntervalHistogram | undefined
  private spare: IntervalHistogram | undefined
  private window = new LagWindow(0, stretches)
  private timer: NodeJS.Timeout | undefined
  private handover: NodeJS.Timeout | undefined
  private turn: number | undefined
  /** Utilization at the beginning of each interval, the oldest first. */
  private marks: EventLoopUtilization[] = []

  /** @param precision milliseconds between two measurements of the loop */
  constructor(private readonly precision: number) {
    super()
  }

  protected override start(): void {
    this.window = new LagWindow(this.precision * 1e6, stretches)
    this.marks = [performance.eventLoopUtilization()]
    this.seeing = this.begin(this.seeing)
    this.measureTurn()
    this.timer = setInterval(() => this.beginHandover(), stretch).unref()
  }

  protected override stop(): void {
    clearInterval(this.timer)
    clearTimeout(this.handover)
    this.handover = undefined
    this.seeing?.disable()
    this.next?.disable()
  }

  lag(): Lag | undefined {
    return this.seeing && this.window.lag(this.seeing)
  }

  /** Seconds that the loop took for one turn, when the interval began. */
  lastTurn(): number | undefined {
    return this.turn
  }

  /** The share of that time in which the loop was active. Not shown for a process that just started: it is 1. */
  utilization(): number | undefined {
    if (this.marks.length < 2) return undefined
    return performance.eventLoopUtilization(performance.eventLoopUtilization(), this.marks[0]).utilization
  }

  /**
   * The first sample of a histogram, and the first after a reset, only records the time, and misses a block before it.
   * So two histograms cover the time between two intervals.
   */
  private beginHandover(): void {
    this.measureTurn()
    // One sample may take longer than an interval.
    if (this.handover !== undefined) return
    this.next = this.begin(this.spare)
    // When a block ends, all timers are due, in any order: after this turn the histograms have recorded it.
    this.handover = setTimeout(() => setImmediate(() => this.handOver()).unref(), 2 * this.precision).unref()
  }

  private handOver(): void {
    this.handover = undefined
    if (this.seeing !== undefined) this.window.close(this.seeing)
    this.seeing?.disable()
    this.spare = this.seeing
    this.seeing = this.next
    this.next = undefined
    this.marks.push(performance.eventLoopUtilization())
    if (this.marks.length > stretches) this.marks.shift()
  }

  /**
   * Created only when it is enabled at once: one that never was keeps a handle that counts as active, and when it is
   * collected as garbage, Node aborts the process at the next reading of the active handles.
   */
  private begin(histogram = this.histogram()): IntervalHistogram {
    histogram.reset()
    histogram.enable()
    return histogram
  }

  private histogram(): IntervalHistogram {
    return process.getBuiltinModule('node:perf_hooks').monitorEventLoopDelay({ resolution: this.precision })
  }

  private measureTurn(): void {
    const began = monotonicNow()
    setImmediate(() => {
      this.turn = (monotonicNow() - began) / 1000
    }).unref()
  }
}

export function eventLoopLag(metrics: RuntimeMetrics, loop: EventLoop): void {
  const lag = oncePerTurn(() => loop.lag())
  const gauge = (name: string, help: string, read: () => number | undefined, mode: GaugeMode = 'livemax'): void =>
    metrics.gauge({ name: `nodejs_eventloop_lag_${name}`, help, mode, watch: loop, read })
  gauge('seconds', 'Lag of event loop in seconds.', () => loop.lastTurn())
  gauge('min_seconds', 'The minimum recorded event loop delay.', () => lag()?.min, 'livemin')
  gauge('max_seconds', 'The maximum recorded event loop delay.', () => lag()?.max)
  gauge('mean_seconds', 'The mean of the recorded event loop delays.', () => lag()?.mean)
  gauge('stddev_seconds', 'The standard deviation of the recorded event loop delays.', () => lag()?.stddev)
  gauge('p50_seconds', 'The 50th percentile of the recorded event loop delays.', () => lag()?.p50)
  gauge('p90_seconds', 'The 90th percentile of the recorded event loop delays.', () => lag()?.p90)
  gauge('p99_seconds', 'The 99th percentile of the recorded event loop delays.', () => lag()?.p99)
}

export function eventLoopUtilization(metrics: RuntimeMetrics, loop: EventLoop): void {
  metrics.gauge({
    name: 'nodejs_eventloop_utilization',
    help: 'Share of the time in which the event loop was active, from 0 to 1.',
    mode: 'livemax',
    watch: loop,
    read: () => loop.utilization(),
  })
  metrics.counter({
    name: 'nodejs_eventloop_time_seconds_total',
    help: 'Time that the event loop spent, by state: active or idle.',
    labelNames: ['state'],
    read() {
      const { active, idle } = performance.eventLoopUtilization()
      return [
        { labels: { state: 'active' }, value: active / 1000 },
        { labels: { state: 'idle' }, value: idle / 1000 },
      ]
    },
  })
}
