import type { Destination } from '../../export/contract.js'
import { type ExportResult, IntervalExporter } from '../../export/interval-exporter.js'
import type { Gatherer } from '../../gather/gatherer.js'
import { MetricsError } from '../../model/errors.js'
import type { Lease } from '../../model/lease.js'
import { describe } from '../../model/metric-name.js'
import { exportingProcess } from './exporting-process.js'

/** Options of every exporter that sends at an interval. */
export interface IntervalOptions {
  /** Seconds between two exports. */
  readonly interval?: number | undefined
  /** Seconds for one export: 10, but at most the interval. */
  readonly timeout?: number | undefined
  /** What to send; by default the default registry. */
  readonly registry?: Gatherer | undefined
}

/** The names of the options, for checking them. */
export const intervalOptions = { interval: true, timeout: true, registry: true } as const

/** An exporter that sends at an interval. */
export interface RunningExporter {
  /** Whether it sends at its interval. */
  readonly running: boolean
  /** The result of the last export; `standby` if another process of the application sends. */
  readonly last: ExportResult | undefined
  /** Sends now. Never rejects. */
  send(): Promise<ExportResult>
  /** Sends the last numbers, and stops. A second call does nothing. */
  stop(): Promise<void>
}

/**
 * Starts sending the numbers of the application to a destination. One of all processes that call this for the same
 * exporter sends, and another one when it ends.
 *
 * @param exporter the name in self-metrics, error texts and settings
 * @param interval seconds between two exports, unless the options set it
 * @param lease decides which process sends
 * @throws MetricsError `OPTION_INVALID`
 */
export function startExporter(
  exporter: string,
  destination: Destination,
  options: IntervalOptions,
  interval: number,
  lease?: Lease,
): RunningExporter {
  const home = exportingProcess()
  const seconds = secondsOf(exporter, 'interval', options.interval) ?? interval
  const timeout = secondsOf(exporter, 'timeout', options.timeout) ?? Math.min(10, seconds)
  const { registry: gatherer = home.gatherer } = options
  if (typeof gatherer?.gather !== 'function') {
    const text = `${exporter}: registry must be one of promhive's, got ${describe(gatherer)}; leave it out for the default one`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const running = new IntervalExporter(
    destination,
    { exporter, interval: seconds, timeout },
    {
      gatherer,
      lease: lease ?? home.lease(exporter),
      onError: (error) => home.onError(error),
      onRecovered: (text) => home.recovered(exporter, text),
      onLeft: (text) => home.warn('EXPORT_WARNING', text),
      exported: (result, sent) => home.exported(exporter, result, sent),
    },
  )
  void running.start()
  return running
}

/** @throws MetricsError `OPTION_INVALID` */
function secondsOf(exporter: string, option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= 0.01 && value <= 86_400) return value
  const text = `${exporter}: ${option} must be a number of seconds from 0.01 to 86400, got ${describe(value)}`
  throw new MetricsError('OPTION_INVALID', text)
}
