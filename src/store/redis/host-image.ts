import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { deduct, isDeducted, type SlotLayout, together } from '../../model/layout/slot-layout.js'
import type { SeriesKey } from '../../model/series-key.js'
import { systemNow } from '../../platform/system-time.js'
import type { Pause, PlacedExemplar, WriterSnapshot } from '../contract.js'
import { opened, removed, type SeriesLog } from '../core/series-log.js'
import { SlotMap } from '../core/slot-map.js'
import type { PartFacts } from './entry.js'
import { type Entry, Ledger } from './ledger.js'

/** A series of the host, and the number of its processes that have it. */
interface SharedEntry {
  readonly entry: Entry
  holders: number
}

/** Numbers that are counted elsewhere in Redis, by the family in the ledger and the series. */
export type Elsewhere = [definition: string, key: SeriesKey, slots: number[]][]

/**
 * All processes of a host as one ledger. Additive series are summed here. Series of gauges whose mode needs each
 * process are stored one by one, each in the part of its process.
 */
export class HostImage {
  /**
   * The edition is based on the clock: the next leader of the host numbers slots again, and readers must not mistake
   * its numbers for these.
   */
  readonly ledger = new Ledger(systemNow())
  parts: PartFacts[] = []
  /** Pending while the ledger is between two readings. */
  updating: Promise<void> | undefined
  private readonly plans = new Map<SeriesLog, ImagePlan>()
  /** By family, under the key of its definition. */
  private readonly series = new Map<string, Map<SeriesKey, SharedEntry>>()
  /** One more than there are slots: the first receives what is not summed. */
  private sums = new Float64Array(1)
  private writers: readonly WriterSnapshot[] = []
  /** By the family in the ledger, which has a part where each process has its own series, and by series. */
  private readonly elsewhere = new Map<string, Map<SeriesKey, number[]>>()

  /**
   * Applies a reading of the processes, in slices.
   *
   * The ledger must not be flushed meanwhile: new values are still zero, and a slot may be between two series.
   */
  update(writers: readonly WriterSnapshot[], pause: Pause): Promise<void> {
    const updating = this.take(seated(writers), pause).finally(() => {
      this.updating = undefined
    })
    this.updating = updating
    return updating
  }

  private async take(writers: readonly WriterSnapshot[], pause: Pause): Promise<void> {
    const logs = new Set(writers.map(({ log }) => log))
    for (const [log, plan] of this.plans) {
      if (logs.has(log)) continue
      plan.leave()
      this.plans.delete(log)
    }
    const plans = writers.map((writer) => this.planOf(writer))
    // Removed series are dropped before a process opens them again; otherwise readers that omit them would miss the new
    // ones.
    for (const plan of plans) plan.closeRemoved()
    for (const plan of plans) for (const _ of plan.following()) if (pause.due()) await pause.rest()
    this.writers = writers
    this.add(writers)
    this.parts = writers.map(({ seat: part, live, epoch, startedAt, process }) => ({
      ...{ part, live, epoch, startedAt },
      ...(process !== undefined && { process }),
    }))
    this.exemplify(writers)
  }

  /** Takes the newest current exemplar of each bucket, whatever was there before, because clocks may be set back. */
  private exemplify(writers: readonly WriterSnapshot[]): void {
    const newest = new Map<string, PlacedExemplar>()
    for (const writer of writers) {
      for (const placed of this.plans.get(writer.log)!.exemplars(writer)) {
        const field = `${placed.slot} ${placed.bucket}`
        const other = newest.get(field)?.exemplar
        if (other === undefined || (other.timestamp ?? 0) < (placed.exemplar.timestamp ?? 0)) newest.set(field, placed)
      }
    }
    for (const { slot, bucket, exemplar } of newest.values()) this.ledger.setOtherExemplar(slot, bucket, exemplar)
  }

  private planOf({ log, seat }: WriterSnapshot): ImagePlan {
    let plan = this.plans.get(log)
    if (plan === undefined) this.plans.set(log, (plan = new ImagePlan(this, log, seat)))
    return plan
  }

  /** Whether this process knows what Redis has of this host. */
  get known(): boolean {
    return this.ledger.sentValues().length > 0
  }

  /**
   * Called when Redis counts elsewhere what it has of this host: only later counts remain in the ledger. If it is
   * unknown what Redis has, nothing of the present counts remains, because no count may appear twice.
   */
  forgetSent(): Elsewhere {
    const { known } = this
    const sent = known ? this.ledger.sentValues() : this.denseValues()
    const list: Elsewhere = []
    for (const [id, { family, series }] of this.ledger.families) {
      const layout = layoutOf(family)
      if (!isDeducted(layout)) continue
      for (const [key, entry] of series) {
        const { slot } = entry.run
        const end = slot + layout.width
        if ((known && !entry.named) || end > sent.length) continue
        list.push([id, key, together(layout, sent.slice(slot, end), this.elsewhere.get(id)?.get(key))])
        entry.named = false
      }
    }
    this.count(list)
    // The next flush follows at once.
    this.add(this.writers)
    this.ledger.begin()
    return list
  }

  /** Applies what an earlier leader of the host knew to be counted elsewhere. */
  count(elsewhere: Elsewhere): void {
    for (const [id, key, slots] of elsewhere) {
      let known = this.elsewhere.get(id)
      if (known === undefined) this.elsewhere.set(id, (known = new Map()))
      known.set(key, slots)
    }
  }

  hold(family: FamilyDescriptor, key: SeriesKey, created: number): Entry {
    const id = definitionKey(family)
    let known = this.series.get(id)
    if (known === undefined) this.series.set(id, (known = new Map()))
    let shared = known.get(key)
    if (shared === undefined) {
      shared = { entry: this.ledger.open(family, key, 0, created), holders: 0 }
      known.set(key, shared)
    }
    shared.holders++
    return shared.entry
  }

  release(family: FamilyDescriptor, key: SeriesKey): void {
    const id = definitionKey(family)
    const shared = this.series.get(id)?.get(key)
    if (shared === undefined || --shared.holders > 0) return
    this.series.get(id)!.delete(key)
    this.remove(id, key)
  }

  /** @param id of the family in the ledger */
  remove(id: string, key: SeriesKey): void {
    this.elsewhere.get(id)?.delete(key)
    this.ledger.remove(this.ledger.families.get(id)!, key)
  }

  private denseValues(): Float64Array {
    const { segments } = this.ledger
    const values = new Float64Array(segments.used)
    for (const { first, values: slots } of segments.all)
      values.set(slots.subarray(0, Math.max(0, segments.used - first)), first)
    return values
  }

  private add(writers: readonly WriterSnapshot[]): void {
    const { segments } = this.ledger
    if (this.sums.length < segments.used + 1) this.sums = new Float64Array(segments.used * 2 + 1)
    this.sums.fill(0)
    for (const writer of writers) this.plans.get(writer.log)!.add(this.sums, writer.values)
    for (const { first, values } of segments.all) {
      const count = Math.min(values.length, segments.used - first)
      if (count > 0) values.set(this.sums.subarray(first + 1, first + 1 + count))
    }
    for (const [id, known] of this.elsewhere) {
      const there = this.ledger.families.get(id)
      if (there === undefined) continue
      const layout = layoutOf(there.family)
      for (const [key, slots] of known) {
        const run = there.series.get(key)?.run
        if (run !== undefined) deduct(layout, run.segment, run.at, Float64Array.from(slots))
      }
    }
  }
}

/** Series without space on the disk follow the seat that they belong to; only their own process sees them. */
function seated(writers: readonly WriterSnapshot[]): readonly WriterSnapshot[] {
  const seats = new Set<number>()
  return writers.filter(({ seat }) => seat > 0 && !seats.has(seat) && seats.add(seat))
}

/** Maps the slots of one process to the ledger of its host. */
class ImagePlan {
  private position = 0
  private readonly places = new SlotMap()
  private readonly open = new Map<number, { family: FamilyDescriptor; key: SeriesKey; layout: SlotLayout }>()

  constructor(
    private readonly image: HostImage,
    private readonly log: SeriesLog,
    private readonly part: number,
  ) {}

  /** Releases the series that were removed since, whether they were opened again or not. */
  closeRemoved(): void {
    const { log } = this
    for (let i = this.position; i < log.length; i++) if (log.kinds[i] === removed) this.close(log.slotOf[i]!)
  }

  /** Follows the log since then, in order, step by step. */
  *following(): Iterable<void> {
    const { log } = this
    while (this.position < log.length) {
      const i = this.position++
      const family = log.families[log.familyOf[i]!]
      if (family === undefined) continue
      if (log.kinds[i] === removed) this.close(log.slotOf[i]!)
      else if (log.kinds[i] === opened) this.begin(log.slotOf[i]!, family, log.keyOf[i]!, log.createdAt[i]!)
      yield
    }
  }

  add(sums: Float64Array, values: Float64Array): void {
    this.places.add(sums, values)
  }

  /** Iterates over the exemplars of the process, at the slots of their series in the ledger. */
  *exemplars({ exemplars }: WriterSnapshot): Iterable<PlacedExemplar> {
    for (const { slot, bucket, exemplar } of exemplars?.() ?? []) {
      const there = this.open.get(slot)
      const entry = there && this.image.ledger.get(there.family, there.key)
      if (entry !== undefined) yield { slot: entry.run.slot, bucket, exemplar }
    }
  }

  leave(): void {
    for (const slot of [...this.open.keys()]) this.close(slot)
  }

  private begin(slot: number, family: FamilyDescriptor, key: SeriesKey, created: number): void {
    const layout = layoutOf(family)
    const { additiveFrom, width, mergedWidth } = layout
    const { ledger } = this.image
    const entry =
      additiveFrom === undefined ? ledger.open(family, key, this.part, created) : this.image.hold(family, key, created)
    this.places.reach(slot + width)
    const [from, count] = additiveFrom === undefined ? [0, width] : [additiveFrom, mergedWidth]
    this.places.map(slot + from, entry.run.slot + from + 1, count)
    this.open.set(slot, { family, key, layout })
  }

  private close(slot: number): void {
    const there = this.open.get(slot)
    if (there === undefined) return
    this.open.delete(slot)
    const { family, key, layout } = there
    this.places.clear(slot, layout.width)
    if (layout.additiveFrom !== undefined) this.image.release(family, key)
    else this.image.remove(`${this.part} ${definitionKey(family)}`, key)
  }
}
