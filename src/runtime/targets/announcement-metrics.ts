import { Counter } from '../../metric/counter.js'
import { Gauge } from '../../metric/gauge.js'
import { MetricsError } from '../../model/errors.js'
import type { ProcessContext } from '../process-context.js'

/**
 * Shows, as self-metrics of this process, where its target is announced, and reports outages. A fault of a metric reaches
 * nothing else.
 */
export class AnnouncementMetrics {
  private gauge: Gauge<'by'> | undefined
  private failures: Counter<'by'> | undefined
  /** The announcements with an outage. */
  private readonly failing = new Set<string>()

  constructor(private readonly context: ProcessContext) {}

  /** Shows that the target is announced, and logs that if it could not be announced before. */
  announced(by: string, address: string): void {
    this.set(by, true)
    if (this.failing.delete(by)) this.context.exportRecovered(by, `the target ${address} is announced in ${by} again`)
  }

  /** Shows that the target is not announced, and reports the reason. */
  failed(by: string, error: MetricsError): void {
    this.failing.add(by)
    this.set(by, false)
    this.guarded(() => {
      this.failures ??= new Counter({
        name: 'promhive_target_announcement_failures_total',
        help: 'How often targets could not be announced, counted once per outage.',
        labelNames: ['by'],
        registers: [this.context.registry],
      })
      this.failures.inc({ by })
    })
    const { code, message, cause } = error
    this.context.onError(new MetricsError(code, message, { reason: by, cause }))
  }

  /** Counts the target as announced, or as not announced. */
  set(by: string, isAnnounced: boolean): void {
    this.guarded(() => {
      this.gauge ??= new Gauge({
        name: 'promhive_targets_announced',
        help: 'Processes whose target is announced: in the directory, in a file for file_sd, in etcd.',
        labelNames: ['by'],
        mode: 'livesum',
        registers: [this.context.registry],
      })
      this.gauge.set({ by }, Number(isAnnounced))
    })
  }

  private guarded(work: () => void): void {
    if (!this.context.showsItself()) return
    try {
      work()
    } catch (error) {
      this.context.onError(error as MetricsError)
    }
  }
}
