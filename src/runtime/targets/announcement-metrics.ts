import { Counter } from '../../metric/counter.js'
import { Gauge } from '../../metric/gauge.js'
import type { MetricsError } from '../../model/errors.js'
import type { ProcessContext } from '../process-context.js'

/** Receives where the target of a process is announced. */
export interface TargetEvents {
  /** The target is announced, or not. */
  set(by: string, isAnnounced: boolean): void
  /** It could not be announced; called once per outage. */
  failed(by: string): void
}

/** Name and help of the self-metrics of announcements. */
export const announcementFamilies = {
  announced: {
    name: 'promhive_targets_announced',
    help: 'Processes whose target is announced: in the directory, in a file for file_sd, in etcd.',
  },
  failures: {
    name: 'promhive_target_announcement_failures_total',
    help: 'How often targets could not be announced, counted once per outage.',
  },
} as const

/** Shows, as self-metrics of this process, where its target is announced. A fault of theirs reaches nothing else. */
export class AnnouncementMetrics implements TargetEvents {
  private announced: Gauge<'by'> | undefined
  private failures: Counter<'by'> | undefined

  constructor(private readonly context: ProcessContext) {}

  /** Counts the target as announced, or as not announced. */
  set(by: string, isAnnounced: boolean): void {
    this.guarded(() => {
      this.announced ??= new Gauge({
        ...announcementFamilies.announced,
        labelNames: ['by'],
        mode: 'livesum',
        registers: [this.context.registry],
      })
      this.announced.set({ by }, Number(isAnnounced))
    })
  }

  failed(by: string): void {
    this.set(by, false)
    this.guarded(() => {
      this.failures ??= new Counter({
        ...announcementFamilies.failures,
        labelNames: ['by'],
        registers: [this.context.registry],
      })
      this.failures.inc({ by })
    })
  }

  private guarded(work: () => void): void {
    // Also in a process that counts alone: it was asked to announce its target.
    if (!this.context.showsItself(true)) return
    try {
      work()
    } catch (error) {
      this.context.onError(error as MetricsError)
    }
  }
}
