import { Counter } from '../metric/counter.js'
import type { MetricsError } from '../model/errors.js'
import type { SelfCount } from '../store/contract.js'
import type { ProcessLog } from './process-log.js'

/** The codes of faults of the store that last until a later success. */
const outageCodes = ['FLUSH_FAILED', 'READ_FAILED', 'DIRECTORY_UNUSABLE'] as const

/** The codes of faults of exporters, whose reason is the name of the exporter. */
const exporterCodes: readonly string[] = ['EXPORT_FAILED', 'ANNOUNCE_FAILED']

/** The faults of promhive in this process: each code is logged once as a warning, and counted in a self-metric. */
export class Faults {
  private readonly warned = new Set<string>()
  private readonly tallies = new Map<string, Counter<string>>()
  private tallying = false

  /**
   * @param selfMetricsShown returns whether self-metrics are currently shown
   * @param log receives the warnings
   */
  constructor(
    private readonly selfMetricsShown: () => boolean,
    private readonly log: ProcessLog,
  ) {}

  /** Records a fault after which promhive continues. */
  record({ code, message, reason }: MetricsError): void {
    // Each exporter, and each announcement, has its own outages.
    this.warn(exporterCodes.includes(code) ? `${code} ${reason}` : code, message)
    this.count({
      name: 'promhive_errors_total',
      help: 'Faults of promhive that did not stop the application, by code.',
      label: 'code',
      value: code,
    })
  }

  /** Records a count above the limit of a metric: logged once, and counted by the name of the metric. */
  limited(metric: string): void {
    this.warn(`SERIES_LIMIT ${metric}`, `${metric} has reached its maxSeries; look for label values that never repeat`)
    this.count({
      name: 'promhive_series_limited_total',
      help: 'Counts whose label values were beyond the limit of their metric.',
      label: 'metric',
      value: metric,
    })
  }

  /**
   * Records the end of an outage in the log; the next outage is logged as a warning again.
   *
   * @param exporter the exporter that works again; by default the store
   */
  recovered(text: string, exporter?: string): void {
    let warned = false
    for (const code of exporter === undefined ? outageCodes : exporterCodes.map((each) => `${each} ${exporter}`))
      warned = this.warned.delete(code) || warned
    this.log.recovered(text, warned)
  }

  /** Logs each code once, and repeated faults at `debug`. */
  warn(code: string, message: string): void {
    const plain = code.split(' ')[0]!
    if (this.warned.has(code)) this.log.debug(message, { event: 'fault', code: plain })
    else this.log.warn(plain, message)
    this.warned.add(code)
  }

  /**
   * Counts an event, after this turn, because a fault may occur while a seat is being taken. Faults of the counting
   * itself are not counted, because they would occur again.
   */
  count({ name, help, label, value }: SelfCount, amount = 1): void {
    if (this.tallying) return
    // Fake timers replace queueMicrotask(), but no promise.
    void Promise.resolve().then(() => {
      if (!this.selfMetricsShown()) return
      this.tallying = true
      try {
        let counter = this.tallies.get(name)
        // This counter has no limit, although it names metrics that have reached theirs.
        if (counter === undefined)
          this.tallies.set(
            name,
            (counter = new Counter<string>({
              name,
              help,
              labelNames: label === undefined ? [] : [label],
              maxSeries: Infinity,
            })),
          )
        if (label === undefined) counter.inc(amount)
        else counter.inc({ [label]: value! }, amount)
      } catch {
        // The application may use this name; the warning was logged nevertheless.
      } finally {
        this.tallying = false
      }
    })
  }
}
