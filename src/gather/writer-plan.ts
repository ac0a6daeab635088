import type { FamilyDescriptor } from '../model/descriptor.js'
import type { SlotLayout } from '../model/layout/slot-layout.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Pause, WriterSnapshot } from '../store/contract.js'
import { opened, removed, type SeriesLog } from '../store/core/series-log.js'
import { SlotMap } from '../store/core/slot-map.js'
import type { Table } from './table.js'
import type { WriterName } from './writer-labels.js'

/** A family of a writer, and its table. */
interface WriterFamily {
  /** Its number in the log. */
  readonly index: number
  readonly family: FamilyDescriptor
  readonly table: Table
}

/** A series that is not simply added. */
interface CombinedSeries {
  readonly layout: SlotLayout
  readonly table: Table
  readonly row: number
}

/** Maps the slots of one writer to the merged ones. */
export class WriterPlan {
  /** By the number of a family in the log. */
  readonly tables: (Table | undefined)[] = []
  private readonly families = new Map<string, WriterFamily[]>()
  private position = 0
  /** The merged slot of each slot of the writer; 0 for a slot that is not simply added. */
  private readonly places = new SlotMap()
  private placed = 0
  private readonly rows = new Map<number, { table: Table; row: number }>()
  private readonly combined = new Map<number, CombinedSeries>()
  /** The same by registry. */
  private readonly combinedIn = new Map<string, Map<number, CombinedSeries>>()

  /** @param writer the name of the writer for its own series */
  constructor(readonly writer: WriterName) {}

  addTable(family: FamilyDescriptor | undefined, table: Table | undefined): void {
    const index = this.tables.length
    this.tables.push(table)
    if (family !== undefined && table !== undefined) listIn(this.families, family.registry, { index, family, table })
  }

  /** Returns the families of these registries; of all by default. */
  familiesOf(registries: Iterable<string> = this.families.keys()): readonly WriterFamily[] {
    return [...registries].flatMap((name) => this.families.get(name) ?? [])
  }

  /** Whether nothing was added to the log, or to its families, since the last merge. */
  isUpToDate({ log }: WriterSnapshot, { name, seat }: WriterName): boolean {
    const isSameWriter = this.writer.name === name && this.writer.seat === seat
    return isSameWriter && this.tables.length === log.families.length && this.position === log.length
  }

  async follow({ log }: WriterSnapshot, pause: Pause): Promise<void> {
    // Series that this process opens during a pause of the merge belong to the next scrape, because their families have
    // no tables yet.
    const { length } = log
    for (; this.position < length; this.position++) {
      const i = this.position
      const table = this.tables[log.familyOf[i]!]!
      if (log.kinds[i] === removed) this.drop(table, log.slotOf[i]!, log.keyOf[i]!)
      else if (log.kinds[i] === opened) this.open(table, log.slotOf[i]!, log.keyOf[i]!, log.createdAt[i]!)
      if ((i & 63) === 63 && pause.due()) await pause.rest()
    }
  }

  /** Returns the rows of this writer's series by their first slots; used for exemplars only. */
  rowsBySlot({ log }: WriterSnapshot): ReadonlyMap<number, { table: Table; row: number }> {
    for (; this.placed < this.position; this.placed++) {
      const slot = log.slotOf[this.placed]!
      const table = this.tables[log.familyOf[this.placed]!]
      const row = table?.rowOf(log.keyOf[this.placed]!, this.writer)
      if (log.kinds[this.placed] === removed) this.rows.delete(slot)
      else if (log.kinds[this.placed] === opened && table !== undefined && row !== undefined)
        this.rows.set(slot, { table, row })
    }
    return this.rows
  }

  /** Adds the series that are simply added. */
  add(totals: Float64Array, { values }: WriterSnapshot): void {
    this.places.add(totals, values)
  }

  /** Whether the writer has series that are not simply added. */
  get combines(): boolean {
    return this.combined.size > 0
  }

  /** Adds these. */
  async combine(
    totals: Float64Array,
    { values, live, epoch }: WriterSnapshot,
    now: number,
    pause: Pause,
    registries: Iterable<string> = this.combinedIn.keys(),
  ): Promise<void> {
    const owner = { live, epoch, now }
    let count = 0
    for (const name of registries) {
      for (const [slot, { layout, table, row }] of this.combinedIn.get(name) ?? []) {
        if ((live || layout.keepsDead) && slot + layout.width <= values.length) {
          layout.combine(totals, table.bases[row]!, values, slot, owner)
        }
        if ((++count & 63) === 0 && pause.due()) await pause.rest()
      }
    }
  }

  /** Removes all series that the log opened, in slices. */
  async leave(log: SeriesLog, pause: Pause): Promise<void> {
    const open = new Map<number, number>()
    const close = (i: number): void => this.tables[log.familyOf[i]!]?.drop(log.keyOf[i]!, this.writer)
    for (let i = 0; i < this.position; i++) {
      if ((i & 255) === 255 && pause.due()) await pause.rest()
      const slot = log.slotOf[i]!
      const before = open.get(slot)
      if (log.kinds[i] === opened) {
        // The line that removed the first series was not readable.
        if (before !== undefined) close(before)
        open.set(slot, i)
      } else if (log.kinds[i] === removed && before !== undefined) {
        const same = log.familyOf[before] === log.familyOf[i] && log.keyOf[before] === log.keyOf[i]
        if (same) open.delete(slot)
      }
    }
    let closed = 0
    for (const i of open.values()) {
      close(i)
      if ((++closed & 63) === 0 && pause.due()) await pause.rest()
    }
  }

  private open(table: Table, slot: number, key: SeriesKey, created: number): void {
    const row = table.add(key, this.writer, created)
    const { layout } = table
    const from = layout.additiveFrom
    this.places.reach(slot + layout.width)
    // Clears the previous series, whose removal may be missing in a damaged file.
    this.clear(slot, layout.width)
    if (from === undefined) this.openCombined(slot, { layout, table, row })
    else this.places.map(slot + from, table.bases[row]!, layout.mergedWidth)
  }

  /** A removal of a series that was not opened is ignored: a damaged file must not remove a series of other writers. */
  private drop(table: Table, slot: number, key: SeriesKey): void {
    const row = table.rowOf(key, this.writer)
    if (row === undefined || !this.holds(slot, table, row)) return
    table.drop(key, this.writer)
    this.clear(slot, table.layout.width)
  }

  private holds(slot: number, table: Table, row: number): boolean {
    const from = table.layout.additiveFrom
    if (from !== undefined) return this.places.at(slot + from) === table.bases[row]
    const at = this.combined.get(slot)
    return at?.table === table && at.row === row
  }

  private openCombined(slot: number, series: CombinedSeries): void {
    const { registry } = series.table.family
    let ofRegistry = this.combinedIn.get(registry)
    if (ofRegistry === undefined) this.combinedIn.set(registry, (ofRegistry = new Map()))
    ofRegistry.set(slot, series)
    this.combined.set(slot, series)
  }

  private clear(slot: number, width: number): void {
    const before = this.combined.get(slot)
    if (before !== undefined) this.combinedIn.get(before.table.family.registry)!.delete(slot)
    this.combined.delete(slot)
    this.places.clear(slot, width)
  }
}

/** Adds to the list of a name. */
export function listIn<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
