import { Counter } from '../metric/counter.js'
import type { MetricsError } from '../model/errors.js'
import type { SelfCount } from '../store/contract.js'
import type { ProcessLog } from './process-log.js'

/** The codes of faults that last for a while, and that a later success ends. */
const outageCodes = ['FLUSH_FAILED', 'READ_FAILED', 'DIRECTORY_UNUSABLE'] as const

/** What befell promhive itself in this process: each kind is warned of once, and counted in a self-metric. */
export class Faults {
  private readonly warned = new Set<string>()
  private readonly tallies = new Map<string, Counter<string>>()
  private tallying = false

  /**
   * @param shown whether self-metrics are shown at the moment
   * @param log where faults are warned of
   */
  constructor(
    private readonly shown: () => boolean,
    private readonly log: ProcessLog,
  ) {}

  /** A fault that was met and got over. */
  met({ code, message }: MetricsError): void {
    this.warn(code, message)
    this.count({
      name: 'promhive_errors_total',
      help: 'Faults that promhive met and went on, by code.',
      label: 'code',
      value: code,
    })
  }

  /** A count beyond the limit of a metric: named once in the log, and counted by name. */
  limited(metric: string): void {
    this.warn(`SERIES_LIMIT ${metric}`, `${metric} has reached its maxSeries; look for label values that never repeat`)
    this.count({
      name: 'promhive_series_limited_total',
      help: 'Counts whose label values were beyond the limit of their metric.',
      label: 'metric',
      value: metric,
    })
  }

  /** What an outage made fail works again: both ends of an outage are in the log, and the next outage is warned of anew. */
  recovered(text: string): void {
    let warned = false
    for (const code of outageCodes) warned = this.warned.delete(code) || warned
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
   * Counts what befell. After this turn: a fault may come while a seat is being taken. Not what the counting itself meets:
   * it would meet the same fault again.
   */
  count({ name, help, label, value }: SelfCount, amount = 1): void {
    if (this.tallying) return
    queueMicrotask(() => {
      if (!this.shown()) return
      this.tallying = true
      try {
        let counter = this.tallies.get(name)
        // Each metric named here has reached its limit; the list of them has none.
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
        // The name is the user's: what befell was warned of all the same.
      } finally {
        this.tallying = false
      }
    })
  }
}
