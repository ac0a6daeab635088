import type { MetricContext, MetricRegistry } from '../../metric/context.js'
import { Counter } from '../../metric/counter.js'
import type { MetricsError } from '../../model/errors.js'
import type { CollectedFamily, Collector } from '../../registry/collector.js'

/** What the metrics of a port need of the process that opens it. */
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
 * Shows what a metrics port reports as self-metrics of the process: `promhive_scrapes_refused_total`, and in the process
 * that has the port `promhive_tls_certificate_not_after_timestamp_seconds`.
 *
 * @param onError receives the errors of the port; the process's own when left out
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
        // An application may have another metric of this name: its port is served all the same.
      }
    },
    /** The certificates in use; none when the port is closed. */
    certificates(inUse: Certificates): void {
      certificates = inUse
      // An expired certificate costs all metrics: it is shown where other self-metrics are not, unless these are switched off.
      if (inUse.length > 0 && context.showsItself?.(true) !== false) context.registry.registerCollector?.(collector)
      else context.registry.unregisterCollector?.(collector)
    },
  }
}

/** Families of the certificates that a port uses. */
export function expiryFamily(certificates: Certificates): CollectedFamily {
  return {
    name: 'promhive_tls_certificate_not_after_timestamp_seconds',
    help: 'When the certificates of the metrics port expire, in seconds since 1970.',
    type: 'gauge',
    values: certificates.map(({ file, notAfter }) => ({ labels: { file }, value: notAfter })),
  }
}
