import { definitionKey, type FamilyDescriptor, hiddenRegistryName } from '../model/descriptor.js'
import type { WorkerLabel } from '../model/label-set.js'
import type { SlotLayout } from '../model/layout/slot-layout.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Pause, WriterSnapshot } from '../store/contract.js'
import { opened, removed, type SeriesLog } from '../store/core/series-log.js'
import { SlotMap } from '../store/core/slot-map.js'
import { behindOurs, chooseTables, type Merged } from './choose-tables.js'
import { Table } from './table.js'
import { Totals } from './totals.js'
import type { WriterName } from './writer-labels.js'

/**
 * Merges many writers into one set of families. A single process is the case of one writer.
 *
 * The result depends only on the writers. Between calls, the merger keeps maps from each writer's slots to the merged
 * ones. They grow with the series logs, so a scrape only adds dense arrays, without look-ups.
 */
export class Merger {
  private totals = new Totals()
  private readonly tables = new Map<string, Table>()
  private readonly plans = new Map<SeriesLog, WriterPlan>()

  /** @param perWorker whether every series that is shown has the number of its worker */
  constructor(
    private readonly workerLabel: WorkerLabel = 'worker',
    private readonly perWorker = false,
  ) {}

  /** @param now unix milliseconds: what sliding windows end at */
  async merge(writers: readonly WriterSnapshot[], pause: Pause, now = Date.now()): Promise<Merged> {
    for (const table of this.tables.values()) table.begin()
    const logs = new Set(writers.map((writer) => writer.log))
    for (const [log, plan] of this.plans) {
      if (logs.has(log)) continue
      // A writer's file was replaced or removed, so its series have one writer less.
      await plan.leave(log, pause)
      this.plans.delete(log)
      for (const table of this.tables.values()) table.logReplaced()
    }
    // Rows of removed series are kept in case they come again, but not without a limit.
    if ([...this.tables.values()].some((table) => table.wasteful)) this.forget()
    const names = namesOf(writers, this.workerLabel)
    for (const [i, writer] of writers.entries()) await this.follow(writer, names[i]!, pause)
    this.totals.clear()
    for (const writer of writers) {
      await this.plans.get(writer.log)!.add(this.totals.slots, writer, now, pause)
      if (pause.due()) await pause.rest()
    }
    for (const table of this.tables.values()) table.exemplars.clear()
    for (const table of this.tables.values()) await table.sort(pause)
    return chooseTables([...this.tables.values()])
  }

  private forget(): void {
    this.totals = new Totals()
    this.tables.clear()
    this.plans.clear()
  }

  private async follow(writer: WriterSnapshot, name: WriterName, pause: Pause): Promise<void> {
    let plan = this.plans.get(writer.log)
    if (plan !== undefined && (plan.writer.name !== name.name || plan.writer.seat !== name.seat)) {
      // Another process has taken over the seat, with another name.
      await plan.leave(writer.log, pause)
      plan = undefined
    }
    if (plan === undefined) this.plans.set(writer.log, (plan = new WriterPlan(name)))
    const { families } = writer.log
    for (let i = plan.tables.length; i < families.length; i++) plan.tables.push(this.tableOf(families[i]))
    plan.tables.forEach((table, i) => {
      if (table === undefined) return
      // The help text of the newest owner is shown; dead writers count only if no living one has the family.
      const age = ageOf(writer)
      if (age <= table.newest) return
      table.newest = age
      table.family = families[i]!
    })
    await plan.follow(writer, pause)
  }

  /** Reads the exemplars of all writers of the last merge; the newest one of each row and bucket is kept. */
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
    if (table === undefined) {
      const perWorker = this.perWorker && family.registry !== hiddenRegistryName
      this.tables.set(key, (table = new Table(family, this.totals, this.workerLabel, perWorker)))
    }
    return table
  }
}

/** Maps the slots of one writer to the merged ones. */
class WriterPlan {
  readonly tables: (Table | undefined)[] = []
  private position = 0
  /** The merged slot of each slot of the writer; 0 for a slot that is not simply added. */
  private readonly places = new SlotMap()
  private placed = 0
  private readonly rows = new Map<number, { table: Table; row: number }>()
  private readonly combined = new Map<number, { layout: SlotLayout; table: Table; row: number }>()

  /** @param writer the name of the writer for its own series */
  constructor(readonly writer: WriterName) {}

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
    if (from === undefined) this.combined.set(slot, { layout, table, row })
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

  private clear(slot: number, width: number): void {
    this.combined.delete(slot)
    this.places.clear(slot, width)
  }
}

/**
 * Returns the name of each writer. Two processes with the same pid, for example in two containers, are distinguished by
 * their seats.
 */
function namesOf(writers: readonly WriterSnapshot[], label: WorkerLabel): WriterName[] {
  const seats = new Map<string, number>()
  return writers.map(({ seat, worker, process }) => {
    const name = (label === 'pid' ? process : undefined) ?? String(seat)
    if (!seats.has(name)) seats.set(name, seat)
    return { name: seats.get(name) === seat ? name : `${name}-${seat}`, seat, worker }
  })
}

/** When a writer with a definition started; before that of every other client. */
function ageOf({ live, startedAt, client }: WriterSnapshot): number {
  const age = live ? startedAt : startedAt / 2
  return client === undefined ? age : age - behindOurs
}
