import { definitionKey, type FamilyDescriptor, hiddenRegistryName } from '../model/descriptor.js'
import type { WorkerLabel } from '../model/label-set.js'
import type { FamilyOwner, Pause, WriterSnapshot } from '../store/contract.js'
import type { SeriesLog } from '../store/core/series-log.js'
import { behindOurs, chooseTables, type Merged } from './choose-tables.js'
import { Table } from './table.js'
import { Totals } from './totals.js'
import type { WriterName } from './writer-labels.js'
import { listIn, WriterPlan } from './writer-plan.js'

/**
 * Merges many writers into one set of families. A single process is the case of one writer.
 *
 * The result depends only on the writers. Between calls, the merger keeps maps from each writer's slots to the merged
 * ones. They grow with the series logs, so a scrape only adds dense arrays, without look-ups.
 */
export class Merger {
  private totals = new Totals()
  private readonly tables = new Map<string, Table>()
  /** The same by registry, because most merges are for one of them. */
  private readonly byRegistry = new Map<string, Table[]>()
  private readonly plans = new Map<SeriesLog, WriterPlan>()

  /** @param perWorker whether every series that is shown has the number of its worker */
  constructor(
    private readonly workerLabel: WorkerLabel = 'worker',
    private readonly perWorker = false,
  ) {}

  /**
   * Every series is added up, which is one dense loop. What costs time per family is done for these registries only, so
   * that a scrape of one registry does not become slower with the number of registries.
   *
   * @param now unix milliseconds: what sliding windows end at
   * @param registries the names of the registries that are requested; all by default
   */
  async merge(
    writers: readonly WriterSnapshot[],
    pause: Pause,
    now = Date.now(),
    registries?: ReadonlySet<string>,
  ): Promise<Merged> {
    this.totals.merge++
    for (const table of this.tablesOf(registries)) table.begin()
    const logs = new Set(writers.map((writer) => writer.log))
    for (const [log, plan] of this.plans) {
      if (logs.has(log)) continue
      // A writer's file was replaced or removed, so its series have one writer less.
      await plan.leave(log, pause)
      this.plans.delete(log)
      for (const table of this.tables.values()) table.logReplaced()
    }
    // Rows of removed series are kept in case they come again, but not without a limit.
    if (this.tablesOf(registries).some((table) => table.wasteful)) this.forget()
    const names = namesOf(writers, this.workerLabel)
    for (const [i, writer] of writers.entries()) {
      const plan = this.plans.get(writer.log)
      if (plan?.isUpToDate(writer, names[i]!)) this.seeOwners(plan, writer, registries)
      else await this.follow(writer, names[i]!, pause, registries)
    }
    this.totals.clear()
    for (const writer of writers) {
      const plan = this.plans.get(writer.log)!
      plan.add(this.totals.slots, writer)
      if (plan.combines) await plan.combine(this.totals.slots, writer, now, pause, registries)
      if (pause.due()) await pause.rest()
    }
    const requested = this.tablesOf(registries)
    for (const table of requested) {
      table.exemplars.clear()
      await table.sort(pause)
    }
    return chooseTables(requested)
  }

  private tablesOf(registries: ReadonlySet<string> | undefined): readonly Table[] {
    if (registries === undefined) return [...this.tables.values()]
    return [...registries].flatMap((name) => this.byRegistry.get(name) ?? [])
  }

  private forget(): void {
    this.totals = new Totals()
    this.tables.clear()
    this.byRegistry.clear()
    this.plans.clear()
  }

  private async follow(
    writer: WriterSnapshot,
    name: WriterName,
    pause: Pause,
    registries: ReadonlySet<string> | undefined,
  ): Promise<void> {
    let plan = this.plans.get(writer.log)
    if (plan !== undefined && (plan.writer.name !== name.name || plan.writer.seat !== name.seat)) {
      // Another process has taken over the seat, with another name.
      await plan.leave(writer.log, pause)
      plan = undefined
    }
    if (plan === undefined) this.plans.set(writer.log, (plan = new WriterPlan(name)))
    const { families } = writer.log
    for (let i = plan.tables.length; i < families.length; i++) plan.addTable(families[i], this.tableOf(families[i]))
    this.seeOwners(plan, writer, registries)
    await plan.follow(writer, pause)
  }

  private seeOwners(plan: WriterPlan, writer: WriterSnapshot, registries: ReadonlySet<string> | undefined): void {
    for (const { table, family, index } of plan.familiesOf(registries)) {
      // The help text of the newest owner is shown; dead writers count only if no living one has the family.
      const age = ageOf(writer.owners === undefined ? writer : writer.owners[index], writer.client)
      if (age <= table.newest) continue
      table.newest = age
      table.family = family
    }
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
      listIn(this.byRegistry, family.registry, table)
    }
    return table
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
function ageOf(owner: FamilyOwner | undefined, client: WriterSnapshot['client']): number {
  if (owner === undefined) return Number.NEGATIVE_INFINITY
  const { live, startedAt } = owner
  const age = live ? startedAt : startedAt / 2
  return client === undefined ? age : age - behindOurs
}
