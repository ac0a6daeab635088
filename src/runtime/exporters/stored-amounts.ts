import { type AmountsRead, LocalAmounts, type SentAmounts } from '../../export/sent-amounts.js'
import type { Gathered } from '../../gather/gatherer.js'
import { RowNumbers } from '../../gather/row-numbers.js'
import type { MetricRegistry } from '../../metric/context.js'
import { Gauge } from '../../metric/gauge.js'
import { Summary } from '../../metric/summary.js'
import type { MetricsError } from '../../model/errors.js'
import type { FamilyTable } from '../../model/family.js'
import { labelValuesOf } from '../../model/series-key.js'
import { setImmediate } from '../../platform/timers.js'
import { hiddenRegistry, hiddenSeries } from '../../registry/hidden-registry.js'
import { Registry } from '../../registry/registry.js'
import type { ProcessContext } from '../process-context.js'
import { exportingProcess } from './exporting-process.js'
import type { IntervalOptions } from './running-exporter.js'

const familyName = 'promhive_sent_amounts'

const sendersName = 'promhive_difference_senders'

/** Datagrams that are marked at a time where marking them takes an answer of a server, or a write. */
export const writtenBatch = 32

/**
 * Keeps what a server has received where the counts are: as sums in a family that no scrape shows. So the amounts are as
 * durable as the counts, and the next process that sends finds them, however this one ends.
 */
export class StoredAmounts implements SentAmounts {
  private readonly sums: Summary<'destination' | 'series'>
  private index: AmountIndex | undefined

  /**
   * @param destination the server and the registry
   * @param home the process of the application; omitted outside of it
   * @param needsLease whether several processes may send the counts of all
   */
  constructor(
    private readonly context: MetricRegistry['context'],
    private readonly destination: string,
    private readonly home?: ProcessContext,
    private readonly needsLease = false,
  ) {
    this.sums = new Summary({
      name: familyName,
      help: 'What destinations of differences have received of each counter.',
      labelNames: ['destination', 'series'],
      maxSeries: Number.POSITIVE_INFINITY,
      registers: [hiddenRegistry(context)],
    })
    // After this turn of the event loop, so that configure() has been called.
    if (home !== undefined) setImmediate(() => this.show(home)).unref()
  }

  get batch(): number {
    return /^(?:memory|mmap)$/.test(this.home?.whereabouts().backend ?? 'mmap') ? 1 : writtenBatch
  }

  async read({ hidden = [], pause }: Gathered): Promise<AmountsRead> {
    this.checkLease()
    const table = hidden.find(({ family }) => family.name === familyName)
    let { index } = this
    if (index === undefined || index.table !== table || index.keys !== table?.keys) {
      this.index = index = new AmountIndex(table, this.destination)
    }
    while (!index.follow()) if (pause.due()) await pause.rest()
    return index
  }

  /** @throws if no process sends for all: then each would send the counts of all */
  private checkLease(): void {
    if (this.home === undefined || !this.needsLease) return
    const { shared, lease, name } = this.home.inUse
    if (!shared || lease !== undefined) return
    throw new Error(
      `the backend "${name}" has no lease(), by which one process sends the differences of all; send totals, or add it: see docs/writing-a-backend.md`,
    )
  }

  /** Shows processes outside of the application that this one sends, or will send. */
  private show(home: ProcessContext): void {
    try {
      const senders = new Gauge({
        name: sendersName,
        help: 'How many processes send differences to a destination, or wait for doing so.',
        labelNames: ['destination'],
        registers: [hiddenRegistry(home)],
      })
      senders.set({ destination: this.destination }, 1)
    } catch (cause) {
      home.onError(cause as MetricsError)
    }
  }

  add(series: string, amount: number): void {
    this.sums.observe({ destination: this.destination, series }, amount)
  }

  flush(): void | Promise<void> {
    const flushed: unknown = this.context.store().flush()
    if (flushed instanceof Promise) {
      return flushed.then((taken) => {
        if (taken === false) throw new Error('the backend does not take what has been sent, so nothing is sent')
      })
    }
  }

  forget(series: readonly string[]): boolean {
    return this.sums.expire(series.map((each) => ({ destination: this.destination, series: each })))
  }
}

/**
 * Returns where the amounts that were sent are kept: with the counts, or in this process if the numbers are not those of
 * a registry whose counts processes share.
 *
 * @param sendsOwn whether each process sends its own counts
 */
export function amountsFor(place: string, registry: IntervalOptions['registry'], sendsOwn = false): SentAmounts {
  const exporting = exportingProcess()
  const { context, sendsForAll = false } = exporting
  if (context === undefined) return registry === undefined ? exporting.amounts(place) : new LocalAmounts()
  const needsLease = !sendsForAll && !sendsOwn
  if (registry === undefined) return new StoredAmounts(context, place, context, needsLease)
  const isShared = registry instanceof Registry && registry.context === context
  if (!isShared) return new LocalAmounts()
  return new StoredAmounts(context, `${place} ${registry.registryName}`, context, needsLease)
}

/** Whether any process has kept what a destination has received. */
export function amountsOf({ hidden = [] }: Gathered, destination: string): boolean {
  const table = hidden.find(({ family }) => family.name === familyName)
  return table !== undefined && !new AmountIndex(table, destination).entries().next().done
}

/** Whether a living process of the application sends differences to a destination, or waits for doing so. */
export function hasSenders({ hidden = [] }: Gathered, destination: string): boolean {
  return hiddenSeries(hidden, sendersName).some(([each]) => each === destination)
}

/** The rows of a destination in the merged table. */
class AmountIndex implements AmountsRead {
  readonly keys: FamilyTable['keys'] | undefined
  private readonly rows = new RowNumbers()
  private followed = 0

  constructor(
    readonly table: FamilyTable | undefined,
    private readonly destination: string,
  ) {
    this.keys = table?.keys
  }

  get numbering(): object {
    return this
  }

  /** Adds some new rows; returns true when all are added. */
  follow(): boolean {
    const { keys = [] } = this
    const until = Math.min(keys.length, this.followed + 256)
    for (; this.followed < until; this.followed++) {
      const [destination, series] = labelValuesOf(keys[this.followed]!)
      if (destination === this.destination) this.rows.set(series!, this.followed)
    }
    return until === keys.length
  }

  numberOf(series: string): number {
    return this.rows.get(series) ?? -1
  }

  amount(number: number): number {
    return number < 0 ? 0 : this.table!.slots[this.table!.bases[number]!]!
  }

  *entries(): Generator<[series: string, number: number]> {
    const { table } = this
    if (table === undefined) return
    for (const row of table.order) {
      const [destination, series] = labelValuesOf(table.keys[row]!)
      if (destination === this.destination) yield [series!, row]
    }
  }
}
