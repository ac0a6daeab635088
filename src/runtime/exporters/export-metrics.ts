import type { ExportedSamples } from '../../export/contract.js'
import { Counter } from '../../metric/counter.js'
import { Gauge } from '../../metric/gauge.js'
import type { MetricsError } from '../../model/errors.js'
import type { ProcessContext } from '../process-context.js'

const metricsOf = new WeakMap<ProcessContext, ExportMetrics>()

/** Counts an export in the default registry. A fault is reported, and never reaches the export. */
export function countExport(
  context: ProcessContext,
  exporter: string,
  result: 'ok' | 'failed',
  sent?: ExportedSamples,
): void {
  try {
    let metrics = metricsOf.get(context)
    if (metrics === undefined) metricsOf.set(context, (metrics = new ExportMetrics()))
    metrics.exports.inc({ exporter, result })
    if (sent === undefined) return
    metrics.samples.inc({ exporter }, sent.samples)
    if (sent.dropped) metrics.dropped.inc({ exporter }, sent.dropped)
    if (result === 'ok') metrics.success.set({ exporter }, Date.now() / 1000)
  } catch (error) {
    context.onError(error as MetricsError)
  }
}

/** Name and help of the self-metrics of all exporters that send at an interval. */
export const exportFamilies = {
  exports: { name: 'promhive_exports_total', help: 'Exports that their destination has taken, or that failed.' },
  samples: { name: 'promhive_exported_samples_total', help: 'Values that destinations of exporters have taken.' },
  dropped: {
    name: 'promhive_export_dropped_samples_total',
    help: 'Values that destinations of exporters have refused, or that could not be sent.',
  },
  success: {
    name: 'promhive_export_last_success_timestamp_seconds',
    help: 'When a destination last took the numbers, in unix seconds.',
  },
} as const

class ExportMetrics {
  readonly exports = new Counter({ ...exportFamilies.exports, labelNames: ['exporter', 'result'] })
  readonly samples = new Counter({ ...exportFamilies.samples, labelNames: ['exporter'] })
  readonly dropped = new Counter({ ...exportFamilies.dropped, labelNames: ['exporter'] })
  readonly success = new Gauge({ ...exportFamilies.success, labelNames: ['exporter'], mode: 'mostrecent' })
}
