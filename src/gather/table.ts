import type { FamilyDescriptor } from '../model/descriptor.js'
import type { Exemplar } from '../model/exemplar.js'
import type { FamilyTable } from '../model/family.js'
import type { WorkerLabel } from '../model/label-set.js'
import { layoutOf } from '../model/layout/layout-of.js'
import type { SlotLayout } from '../model/layout/slot-layout.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Pause } from '../store/contract.js'
import { RowNumbers } from './row-numbers.js'
import { RowRenewals } from './row-renewals.js'
import type { Totals } from './totals.js'
import { WriterLabels, type WriterName } from './writer-labels.js'

/** The number of rows that are sorted without checking the clock. */
const runLength = 512

/** The merged series of one definition, kept from scrape to scrape, so that known rows need no work. */
export class Table implements FamilyTable {
  readonly layout: SlotLayout
  readonly keys: SeriesKey[] = []
  readonly bases: number[] = []
  readonly created: number[] = []
  readonly met: number[] = []
  order: Int32Array = new Int32Array(0)
  readonly exemplars = new Map<number, Map<number, Exemplar>>()
  /** When the newest owner with this definition started. */
  newest = Number.NEGATIVE_INFINITY
  private readonly writerLabels: WriterLabels
  private readonly rows = new RowNumbers()
  private readonly renewals: RowRenewals
  /** The number of writers that have the row. With 0, it is not shown. */
  private readonly writers: number[] = []
  /** All rows, sorted, shown or not. */
  private everyRow: Int32Array = new Int32Array(0)
  private changed = false
  /** How many rows the logs have, shown or not: a new table would have as many. */
  private unavoidable: number | undefined
  /** How many times a series came, or came again. */
  private meetings = 0
  /** The row that a writer was last added to. */
  private added = -1

  /** @param perWorker whether every series has the number of its worker */
  constructor(
    public family: FamilyDescriptor,
    private readonly totals: Totals,
    workerLabel: WorkerLabel = 'worker',
    perWorker = false,
  ) {
    this.layout = layoutOf(family)
    this.renewals = new RowRenewals(totals)
    this.writerLabels = new WriterLabels(family, { workerLabel, perWriter: this.layout.perWriter, perWorker })
  }

  get labelNames(): readonly string[] {
    return this.writerLabels.labelNames
  }

  get addedLabels(): readonly number[] {
    return this.writerLabels.added
  }

  /** The family's own labels that are shown under another name, because the label of writers has theirs. */
  get renamedLabels(): ReadonlyMap<string, string> {
    return this.writerLabels.renamed
  }

  get slots(): Float64Array {
    return this.totals.slots
  }

  /** Called before each merge that shows the table. */
  begin(): void {
    this.newest = Number.NEGATIVE_INFINITY
  }

  /** Adds a writer of a series; returns its row. */
  add(key: SeriesKey, writer: WriterName, created: number): number {
    const name = this.writerLabels.keyOf(key, writer)
    // Processes that run the same code tend to open the same series in the same order.
    let row = this.keys[this.added + 1] === name ? this.added + 1 : this.rows.get(name)
    if (row === undefined) {
      row = this.keys.push(name) - 1
      this.rows.set(name, row)
      this.bases.push(this.totals.allocate(this.layout.mergedWidth))
      this.created.push(created)
      this.writers.push(0)
    }
    const before = this.writers[row]!
    this.renewals.opened(row, writer.name, created, before)
    if (before === 0 || created < this.created[row]!) this.created[row] = created
    this.created[row] = this.renewals.renewed(row) ?? this.created[row]!
    if (this.writers[row]!++ === 0) {
      this.met[row] = this.meetings++
      this.changed = true
    }
    this.added = row
    return row
  }

  /** Whether most rows are of series that no writer has any more. */
  get wasteful(): boolean {
    const { length } = this.keys
    return length > 10_000 && this.order.length < length / 4 && length > 2 * (this.unavoidable ?? 0)
  }

  /** Called when a series log was replaced: a new table may need fewer rows than this one. */
  logReplaced(): void {
    this.unavoidable = 0
  }

  rowOf(key: SeriesKey, writer: WriterName): number | undefined {
    return this.rows.get(this.writerLabels.keyOf(key, writer))
  }

  /** Stores an exemplar if it is the newest of its bucket. */
  placeExemplar(row: number, bucket: number, exemplar: Exemplar): void {
    let buckets = this.exemplars.get(row)
    if (buckets === undefined) this.exemplars.set(row, (buckets = new Map()))
    const other = buckets.get(bucket)
    if (other === undefined || (other.timestamp ?? 0) <= (exemplar.timestamp ?? 0)) buckets.set(bucket, exemplar)
  }

  /** Removes a writer of a series. */
  drop(key: SeriesKey, writer: WriterName): void {
    const row = this.rowOf(key, writer)
    if (row === undefined) return
    this.renewals.removed(row, writer.name, this.writers[row]!)
    this.created[row] = this.renewals.renewed(row) ?? this.created[row]!
    if (--this.writers[row]! === 0) this.changed = true
  }

  /** Updates `order`: sorts new rows, and merges them with the sorted ones. */
  async sort(pause: Pause): Promise<void> {
    this.unavoidable ??= this.keys.length
    if (!this.changed) return
    this.changed = false
    const { keys } = this
    const fresh: Int32Array[] = []
    for (let from = this.everyRow.length; from < keys.length; from += runLength) {
      const run = Int32Array.from({ length: Math.min(runLength, keys.length - from) }, (_, i) => from + i)
      fresh.push(run.sort((a, b) => compare(keys[a]!, keys[b]!)))
      if (pause.due()) await pause.rest()
    }
    let runs = [this.everyRow, ...fresh]
    while (runs.length > 1) {
      const next: Int32Array[] = []
      for (let i = 0; i < runs.length; i += 2) {
        next.push(i + 1 < runs.length ? await this.mergeRuns(runs[i]!, runs[i + 1]!, pause) : runs[i]!)
      }
      runs = next
    }
    this.everyRow = runs[0]!
    this.order = await this.rowsShown(pause)
  }

  private async rowsShown(pause: Pause): Promise<Int32Array> {
    const rows = new Int32Array(this.everyRow.length)
    let count = 0
    for (let i = 0; i < rows.length; i++) {
      const row = this.everyRow[i]!
      if (this.writers[row]! > 0) rows[count++] = row
      if ((i & 16383) === 16383 && pause.due()) await pause.rest()
    }
    return rows.subarray(0, count)
  }

  private async mergeRuns(a: Int32Array, b: Int32Array, pause: Pause): Promise<Int32Array> {
    const { keys } = this
    const into = new Int32Array(a.length + b.length)
    let i = 0
    let j = 0
    for (let at = 0; at < into.length; at++) {
      into[at] = j >= b.length || (i < a.length && keys[a[i]!]! <= keys[b[j]!]!) ? a[i++]! : b[j++]!
      if ((at & 1023) === 1023 && pause.due()) await pause.rest()
    }
    return into
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
