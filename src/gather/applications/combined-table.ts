import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import type { FamilyTable } from '../../model/family.js'
import type { SlotLayout } from '../../model/layout/slot-layout.js'
import type { Pause } from '../../model/pause.js'
import { labelValuesOf, type SeriesKey, seriesKey } from '../../model/series-key.js'
import { applicationLabel, renamedLabels } from './application-label.js'

/** A table, and the application that it belongs to. */
export interface TableOfApplication {
  readonly application: string
  readonly table: FamilyTable
}

interface Member extends TableOfApplication {
  /** The index of each label of the table among the combined labels. */
  readonly labels: readonly number[]
  /** The combined row of each row of the table. */
  readonly rows: number[]
  /** The rows that were shown at the last update. */
  shown: FamilyTable['order'] | undefined
}

/** How many rows are copied without checking the clock. */
const runLength = 512

/**
 * One family of several applications, kept from scrape to scrape. Its tables have the same layout; a series lacks the
 * labels that only other applications have. The rows are in the order of the applications, and those of each application
 * are in the order of its table.
 */
export class CombinedTable implements FamilyTable {
  readonly labelNames: readonly string[]
  readonly layout: SlotLayout
  readonly keys: SeriesKey[] = []
  readonly bases: number[] = []
  readonly created: number[] = []
  family: FamilyDescriptor
  order: Int32Array = new Int32Array(0)
  slots: Float64Array = new Float64Array(0)
  exemplars: ReadonlyMap<number, ReadonlyMap<number, Exemplar>> = new Map()
  private readonly members: readonly Member[]
  private describedBy: FamilyDescriptor

  /** @param tables one or more, with the same layout */
  constructor(tables: readonly TableOfApplication[]) {
    const [{ table: first }] = tables as readonly [TableOfApplication]
    this.layout = first.layout
    const names = tables.map(({ table }) => renamedLabels(table.labelNames))
    this.labelNames = [...new Set([applicationLabel, ...names.flat()])].sort()
    this.members = tables.map((each, i) => {
      return { ...each, labels: names[i]!.map((name) => this.labelNames.indexOf(name)), rows: [], shown: undefined }
    })
    this.describedBy = first.family
    this.family = { ...first.family, labelNames: this.labelNames }
  }

  /** Whether these are the tables that are combined here. */
  isOf(tables: readonly TableOfApplication[]): boolean {
    const { members } = this
    return (
      members.length === tables.length &&
      members.every(({ application, table }, i) => tables[i]!.application === application && tables[i]!.table === table)
    )
  }

  /** Copies the present values. */
  async update(pause: Pause): Promise<void> {
    const { family } = this.members[0]!.table
    if (family !== this.describedBy) {
      // A newer process has another help text.
      this.describedBy = family
      this.family = { ...family, labelNames: this.labelNames }
    }
    for (const member of this.members) await this.addRows(member, pause)
    this.makeRoom()
    for (const member of this.members) await this.copy(member, pause)
    if (this.members.some(({ shown, table }) => shown !== table.order)) this.arrange()
    this.exemplars = this.combinedExemplars()
  }

  private async addRows({ application, table, labels, rows }: Member, pause: Pause): Promise<void> {
    const { mergedWidth } = this.layout
    const at = this.labelNames.indexOf(applicationLabel)
    while (rows.length < table.keys.length) {
      const values = new Array<string | null>(this.labelNames.length).fill(null)
      for (const [i, value] of labelValuesOf(table.keys[rows.length]!).entries()) values[labels[i]!] = value
      values[at] = application
      const row = this.keys.push(seriesKey(values)) - 1
      this.bases.push(row * mergedWidth)
      this.created.push(table.created[rows.length]!)
      rows.push(row)
      if (rows.length % runLength === 0 && pause.due()) await pause.rest()
    }
  }

  private makeRoom(): void {
    const length = this.keys.length * this.layout.mergedWidth
    // Every shown row is written at each update.
    if (length > this.slots.length) this.slots = new Float64Array(Math.max(length, this.slots.length * 2))
  }

  private async copy({ table, rows }: Member, pause: Pause): Promise<void> {
    const { slots, bases, created } = this
    const { mergedWidth } = this.layout
    for (const [i, row] of table.order.entries()) {
      const to = rows[row]!
      const from = table.bases[row]!
      const base = bases[to]!
      for (let slot = 0; slot < mergedWidth; slot++) slots[base + slot] = table.slots[from + slot]!
      created[to] = table.created[row]!
      if (i % runLength === 0 && pause.due()) await pause.rest()
    }
  }

  private arrange(): void {
    const order: number[] = []
    for (const member of this.members) {
      member.shown = member.table.order
      for (const row of member.table.order) order.push(member.rows[row]!)
    }
    this.order = Int32Array.from(order)
  }

  private combinedExemplars(): CombinedTable['exemplars'] {
    const exemplars = new Map<number, ReadonlyMap<number, Exemplar>>()
    for (const { table, rows } of this.members) {
      for (const [row, buckets] of table.exemplars ?? []) exemplars.set(rows[row]!, new Map(buckets))
    }
    return exemplars
  }
}
