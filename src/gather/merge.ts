import { definitionKey, difference, type FamilyDescriptor, hiddenRegistryName } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import type { FamilyTable } from '../model/family.js'
import type { WorkerLabel } from '../model/label-set.js'
import type { SlotLayout } from '../model/layout/slot-layout.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Pause, WriterSnapshot } from '../store/contract.js'
import { opened, removed, type SeriesLog } from '../store/core/series-log.js'
import { SlotMap } from '../store/core/slot-map.js'
import { differInBounds, withCommonBounds } from './common-bounds.js'
import { Table } from './table.js'
import { Totals } from './totals.js'

export interface Merged {
  readonly tables: readonly FamilyTable[]
  /** Those that no scrape shows. */
  readonly hidden: readonly FamilyTable[]
  readonly errors: readonly MetricsError[]
}

/**
 * Many writers in, one set of families out. One process is the case of one writer.
 *
 * The answer depends on the writers alone. What is kept between calls are the maps from each writer's slots to the merged
 * ones: they only grow with the series logs, so that a scrape adds dense arrays and looks nothing up.
 */
export class Merger {
  private totals = new Totals()
  private readonly tables = new Map<string, Table>()
  private readonly plans = new Map<SeriesLog, WriterPlan>()

  constructor(private readonly workerLabel: WorkerLabel = 'worker') {}

  /** @param now unix milliseconds: what sliding windows end at */
  async merge(writers: readonly WriterSnapshot[], pause: Pause, now = Date.now()): Promise<Merged> {
    const logs = new Set(writers.map((writer) => writer.log))
    for (const [log, plan] of this.plans) {
      if (logs.has(log)) continue
      // A writer's file began again or went: its series have a writer less.
      await plan.leave(log, pause)
      this.plans.delete(log)
    }
    // Rows of series that are no more are kept for when they come again, but not without end.
    if ([...this.tables.values()].some((table) => table.wasteful)) this.forget()
    for (const table of this.tables.values()) table.newest = Number.NEGATIVE_INFINITY
    const names = namesOf(writers, this.workerLabel)
    for (const [i, writer] of writers.entries()) await this.follow(writer, names[i]!, pause)
    this.totals.clear()
    for (const writer of writers) {
      await this.plans.get(writer.log)!.add(this.totals.slots, writer, now, pause)
      if (pause.due()) await pause.rest()
    }
    for (const table of this.tables.values()) table.exemplars.clear()
    for (const table of this.tables.values()) await table.sort(pause)
    return this.choose()
  }

  private forget(): void {
    this.totals = new Totals()
    this.tables.clear()
    this.plans.clear()
  }

  private async follow(writer: WriterSnapshot, name: string, pause: Pause): Promise<void> {
    let plan = this.plans.get(writer.log)
    if (plan !== undefined && plan.worker !== name) {
      // Another process has taken the seat over, and is called something else.
      await plan.leave(writer.log, pause)
      plan = undefined
    }
    if (plan === undefined) this.plans.set(writer.log, (plan = new WriterPlan(name)))
    const { families } = writer.log
    for (let i = plan.tables.length; i < families.length; i++) plan.tables.push(this.tableOf(families[i]))
    plan.tables.forEach((table, i) => {
      if (table === undefined) return
      // Of two owners the newer one's help is shown; the dead count only where no living writer has the family.
      const age = writer.live ? writer.startedAt : writer.startedAt / 2
      if (age <= table.newest) return
      table.newest = age
      table.family = families[i]!
    })
    await plan.follow(writer, pause)
  }

  /** Takes the exemplars of all writers that were merged last, of each row and bucket the newest. */
  placeExemplars(writers: readonly WriterSnapshot[]): void {
    for (const writer of writers) {
      const exemplars = writer.exemplars?.() ?? []
      if (exemplars.length === 0) continue
      const rows = this.plans.get(writer.log)!.rowsBySlot(writer)
      for (const { slot, bucket, exemplar } of exemplars) {
        const place = rows.get(slot)
        place?.table.placeExemplar(place.row, bucket, exemplar)
      }
    }
  }

  private tableOf(family: FamilyDescriptor | undefined): Table | undefined {
    if (family === undefined) return undefined
    const key = definitionKey(family)
    let table = this.tables.get(key)
    if (table === undefined) this.tables.set(key, (table = new Table(family, this.totals, this.workerLabel)))
    return table
  }

  /**
   * Of several definitions of one name, the newest owner's is shown, of those that have series at all; histograms that
   * differ in their bounds alone are shown together. Either is reported.
   */
  private choose(): Merged {
    const byName = new Map<string, Table[]>()
    for (const table of this.tables.values()) {
      if (table.newest === Number.NEGATIVE_INFINITY) continue
      const id = JSON.stringify([table.family.registry, table.family.name])
      const others = byName.get(id)
      if (others === undefined) byName.set(id, [table])
      else others.push(table)
    }
    const tables: FamilyTable[] = []
    const hidden: FamilyTable[] = []
    const errors: MetricsError[] = []
    for (const defined of byName.values()) {
      const counted = defined.filter((table) => table.order.length > 0)
      const shown = (counted.length > 0 ? counted : defined).reduce((a, b) => (b.newest >= a.newest ? b : a))
      const together = counted.filter((table) => table === shown || differInBounds(table, shown))
      const list = shown.family.registry === hiddenRegistryName ? hidden : tables
      list.push(together.length > 1 ? withCommonBounds(shown, together) : shown)
      for (const other of counted) if (other !== shown) errors.push(conflict(other.family, shown.family))
    }
    return { tables, hidden, errors }
  }
}

/** Where one writer's slots are added. */
class WriterPlan {
  readonly tables: (Table | undefined)[] = []
  private position = 0
  /** Merged slot of each slot of the writer; 0 where it is not simply added. */
  private readonly places = new SlotMap()
  private placed = 0
  private readonly rows = new Map<number, { table: Table; row: number }>()
  private readonly combined = new Map<number, { layout: SlotLayout; table: Table; row: number }>()

  /** @param worker what the writer is called where it has series of its own */
  constructor(readonly worker: string) {}

  async follow({ log }: WriterSnapshot, pause: Pause): Promise<void> {
    // What this process opens while the merge rests belongs to the next scrape: its families have no tables here yet.
    const { length } = log
    for (; this.position < length; this.position++) {
      const i = this.position
      const table = this.tables[log.familyOf[i]!]!
      if (log.kinds[i] === removed) this.drop(table, log.slotOf[i]!, log.keyOf[i]!)
      else if (log.kinds[i] === opened) this.open(table, log.slotOf[i]!, log.keyOf[i]!, log.createdAt[i]!)
      if ((i & 63) === 63 && pause.due()) await pause.rest()
    }
  }

  /** The rows of this writer's series by their first slots: looked up for exemplars only. */
  rowsBySlot({ log }: WriterSnapshot): ReadonlyMap<number, { table: Table; row: number }> {
    for (; this.placed < this.position; this.placed++) {
      const slot = log.slotOf[this.placed]!
      const table = this.tables[log.familyOf[this.placed]!]
      const row = table?.rowOf(log.keyOf[this.placed]!, this.worker)
      if (log.kinds[this.placed] === removed) this.rows.delete(slot)
      else if (log.kinds[this.placed] === opened && table !== undefined && row !== undefined)
        this.rows.set(slot, { table, row })
    }
    return this.rows
  }

  async add(totals: Float64Array, { values, live, epoch }: WriterSnapshot, now: number, pause: Pause): Promise<void> {
    this.places.add(totals, values)
    const owner = { live, epoch, now }
    let count = 0
    for (const [slot, { layout, table, row }] of this.combined) {
      if ((live || layout.keepsDead) && slot + layout.width <= values.length) {
        layout.combine(totals, table.bases[row]!, values, slot, owner)
      }
      if ((++count & 63) === 0 && pause.due()) await pause.rest()
    }
  }

  /** Takes back all that the log opened, in slices. */
  async leave(log: SeriesLog, pause: Pause): Promise<void> {
    const open = new Map<number, number>()
    const close = (i: number): void => this.tables[log.familyOf[i]!]?.drop(log.keyOf[i]!, this.worker)
    for (let i = 0; i < this.position; i++) {
      if ((i & 255) === 255 && pause.due()) await pause.rest()
      const slot = log.slotOf[i]!
      const before = open.get(slot)
      if (log.kinds[i] === opened) {
        // The line between them that removed the first one was not readable.
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
    const row = table.add(key, this.worker, created)
    const { layout } = table
    const from = layout.additiveFrom
    this.places.reach(slot + layout.width)
    // Whatever was there before: in a damaged file it may not have been removed.
    this.clear(slot, layout.width)
    if (from === undefined) this.combined.set(slot, { layout, table, row })
    else this.places.lead(slot + from, table.bases[row]!, layout.mergedWidth)
  }

  /** Nothing happens where a line removes what was not opened: a damaged file must not take a series from the others. */
  private drop(table: Table, slot: number, key: SeriesKey): void {
    const row = table.rowOf(key, this.worker)
    if (row === undefined || !this.holds(slot, table, row)) return
    table.drop(key, this.worker)
    this.clear(slot, table.layout.width)
  }

  private holds(slot: number, table: Table, row: number): boolean {
    const from = table.layout.additiveFrom
    if (from !== undefined) return this.places.at(slot + from) === table.bases[row]
    const at = this.combined.get(slot)
    return at?.table === table && at.row === row
  }

  private clear(slot: number, width: number): void {
    this.combined.delete(slot)
    this.places.clear(slot, width)
  }
}

/** The name of each writer: two processes of one number, for example in two containers, are distinguished by their seats. */
function namesOf(writers: readonly WriterSnapshot[], label: WorkerLabel): string[] {
  const seats = new Map<string, number>()
  return writers.map(({ seat, process }) => {
    const name = (label === 'pid' ? process : undefined) ?? String(seat)
    if (!seats.has(name)) seats.set(name, seat)
    return seats.get(name) === seat ? name : `${name}-${seat}`
  })
}

function conflict(a: FamilyDescriptor, b: FamilyDescriptor): MetricsError {
  const together = a.type === 'histogram' && b.type === 'histogram' && a.labelNames.join() === b.labelNames.join()
  const shown = together ? 'their common buckets are shown' : "the newer process's is shown"
  const text = `${a.name} is defined twice in this application: ${difference(a, b) ?? 'two definitions'}; ${shown}`
  return new MetricsError('FAMILY_CONFLICT', text)
}
