import type { MetricContext, MetricRegistry } from '../../metric/context.js'
import { Counter } from '../../metric/counter.js'
import type { MetricsError } from '../../model/errors.js'
import type { CollectedFamily, Collector } from '../../registry/collector.js'

/** What a process provides to the metrics of its port. */
export interface PortContext extends Pick<MetricContext, 'onError'> {
  readonly registry: MetricRegistry & {
    registerCollector?(collector: Collector): void
    unregisterCollector?(collector: Collector): boolean
  }
  /** Whether self-metrics are shown. */
  showsItself?(byDefault?: boolean): boolean
}

type Certificates = readonly { readonly file: string; readonly notAfter: number }[]

/**
 * Returns callbacks that show the events of a metrics port as self-metrics of the process:
 * `promhive_scrapes_refused_total`, and in the process that has the port
 * `promhive_tls_certificate_not_after_timestamp_seconds`.
 *
 * @param onError receives the errors of the port; by default that of the process
 */
export function portMetrics(context: PortContext, onError = (error: MetricsError) => context.onError(error)) {
  let refusals: Counter<'reason'> | undefined
  let certificates: Certificates = []
  const collector: Collector = { name: 'certificates of the metrics port', collect: () => [expiryFamily(certificates)] }
  return {
    onError,
    refused(reason: string, count: number): void {
      if (context.showsItself?.() === false) return
      try {
        refusals ??= new Counter({
          name: 'promhive_scrapes_refused_total',
          help: 'Scrapes that the metrics port refused or cut off, by reason.',
          labelNames: ['reason'],
          registers: [context.registry],
        })
        refusals.inc({ reason }, count)
      } catch {
        // If the application has another metric of this name, the port works nevertheless.
      }
    },
    /** Shows the certificates in use; none when the port is closed. */
    certificates(inUse: Certificates): void {
      certificates = inUse
      // An expired certificate stops all scrapes, so it is shown by default even if other self-metrics are not.
      if (inUse.length > 0 && context.showsItself?.(true) !== false) context.registry.registerCollector?.(collector)
      else context.registry.unregisterCollector?.(collector)
    },
  }
}

/** Returns the family of the certificates that a port uses. */
export function expiryFamily(certificates: Certificates): CollectedFamily {
  return {
    name: 'promhive_tls_certificate_not_after_timestamp_seconds',
    help: 'When the certificates of the metrics port expire, in seconds since 1970.',
    type: 'gauge',
    values: certificates.map(({ file, notAfter }) => ({ labels: { file }, value: notAfter })),
  }
}
