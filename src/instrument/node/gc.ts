import type { PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import type { RuntimeMetrics } from './runtime-metrics.js'
import { Watch } from './watch.js'

interface GcEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number }
}

/** By the constants NODE_PERFORMANCE_GC_* of node:perf_hooks, which takes a millisecond to load. */
const kinds: Readonly<Record<number, string>> = {
  4: 'major',
  1: 'minor',
  8: 'incremental',
  16: 'weakcb',
  // V8's other young generation collector (--minor-ms), for which Node has no name.
  2: 'minor',
}

const defaultGcDurationBuckets: readonly number[] = [0.001, 0.01, 0.1, 1, 2, 5]

/** Observes every garbage collection of this thread. */
export class GcObserver extends Watch {
  private observer: PerformanceObserver | undefined

  constructor(private readonly collected: (kind: string, seconds: number) => void) {
    super()
  }

  protected override start(): void {
    const { PerformanceObserver } = process.getBuiltinModule('node:perf_hooks')
    this.observer ??= new PerformanceObserver((list) => this.see(list.getEntries()))
    this.observer.observe({ entryTypes: ['gc'] })
  }

  protected override stop(): void {
    this.observer?.disconnect()
    this.observer = undefined
  }

  /** Node reports several collections together. */
  private see(entries: readonly PerformanceEntry[]): void {
    for (const { detail, duration } of entries as readonly GcEntry[]) {
      this.collected(kinds[detail.kind] ?? 'unknown', duration / 1000)
    }
  }
}

export function gc(metrics: RuntimeMetrics, buckets: readonly number[] = defaultGcDurationBuckets): void {
  metrics.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    labelNames: ['kind'],
    buckets,
    known: [...new Set(Object.values(kinds))].map((kind) => ({ kind })),
    watch: (observe) => new GcObserver((kind, seconds) => observe({ kind }, seconds)),
  })
}
