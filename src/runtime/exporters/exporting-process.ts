import type { ExportedSamples } from '../../export/contract.js'
import type { SentAmounts } from '../../export/sent-amounts.js'
import type { Gatherer } from '../../gather/gatherer.js'
import type { MetricsError } from '../../model/errors.js'
import { alwaysHeld, type Lease } from '../../model/lease.js'
import { applicationIdentity } from '../application-identity.js'
import { processContext } from '../current-context.js'
import { joinSoon } from '../join-soon.js'
import type { ProcessContext } from '../process-context.js'
import { AnnouncementMetrics, type TargetEvents } from '../targets/announcement-metrics.js'
import { countExport } from './export-metrics.js'

/** What a process provides to its exporters. */
export interface ExportingProcess {
  /** The context of a process of the application; undefined if the application is read from outside. */
  readonly context?: ProcessContext | undefined
  /** Whether it is the only process of the application that sends, so that a backend needs no lease. */
  readonly sendsForAll?: boolean
  /** What they send, unless their options name a registry. */
  readonly gatherer: Gatherer
  /** Returns where a process outside of the application keeps what a destination has received. */
  amounts(destination: string): SentAmounts
  /** Returns a text that identifies the application: the same in all its processes. */
  identity(): string
  /** Returns the lease of an exporter. */
  lease(exporter: string): Lease
  onError(error: MetricsError): void
  warn(code: string, text: string): void
  /** Logs that an exporter works again. */
  recovered(exporter: string, text: string): void
  /** Counts an export. */
  exported(exporter: string, result: 'ok' | 'failed', sent?: ExportedSamples): void
  /** Shows where the target of this process is announced. */
  readonly announcements: TargetEvents
}

let current: ExportingProcess | undefined

/** Starts exporters in a process that reads an application from outside. */
export function exportingAs<T>(outside: ExportingProcess | undefined, start: () => T): T {
  const before = current
  current = outside
  try {
    return start()
  } finally {
    current = before
  }
}

/** Returns the process that an exporter is started in: one of the application, unless `exportingAs` names another. */
export function exportingProcess(): ExportingProcess {
  return current ?? new ApplicationProcess(processContext())
}

/** Returns this process as the only one of the application that sends: a supervisor. */
export function sendingForAll(): ExportingProcess {
  return new ApplicationProcess(processContext(), true)
}

/** A process of the application. */
class ApplicationProcess implements ExportingProcess {
  readonly announcements: TargetEvents

  constructor(
    readonly context: ProcessContext,
    readonly sendsForAll = false,
  ) {
    this.announcements = new AnnouncementMetrics(context)
    joinSoon(context)
  }

  amounts(): SentAmounts {
    throw new Error('kept with the counts of the application')
  }

  identity(): string {
    return applicationIdentity(this.context.inUse)
  }

  get gatherer(): Gatherer {
    return this.context.registry
  }

  lease(exporter: string): Lease {
    return new ContextLease(this.context, exporter)
  }

  onError(error: MetricsError): void {
    this.context.onError(error)
  }

  warn(code: string, text: string): void {
    this.context.log.warn(code, text)
  }

  recovered(exporter: string, text: string): void {
    this.context.exportRecovered(exporter, text)
  }

  exported(exporter: string, result: 'ok' | 'failed', sent?: ExportedSamples): void {
    countExport(this.context, exporter, result, sent)
  }
}

/** The lease of the backend in use, which may change. */
class ContextLease implements Lease {
  private taken: { readonly backend: unknown; readonly lease: Lease } | undefined

  constructor(
    private readonly context: ProcessContext,
    private readonly task: string,
  ) {}

  held(): boolean | Promise<boolean> {
    const backend = this.context.inUse
    if (this.taken?.backend !== backend) {
      this.leave()
      this.taken = { backend, lease: backend.lease?.(this.task) ?? alwaysHeld }
    }
    return this.taken.lease.held()
  }

  leave(): void {
    this.taken?.lease.leave()
    this.taken = undefined
  }
}
