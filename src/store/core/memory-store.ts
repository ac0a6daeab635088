import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { deduct, isDeducted } from '../../model/layout/slot-layout.js'
import { type LabelFilter, type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'
import { threadId } from '../../platform/loaded-builtins.js'
import { dateNow } from '../../platform/test-file.js'
import {
  nameOfProcess,
  type PlacedExemplar,
  type RemovalScope,
  type Slots,
  type SourceReading,
  type Store,
  type StoredSeries,
} from '../contract.js'
import { type Segment, Segments, type SlotRun } from './segments.js'
import { opened, removed, SeriesLog } from './series-log.js'
import { SeriesSlots } from './series-slots.js'

const firstSegment = 1024
const largestSegment = 1 << 19
/** A log with fewer lines is not worth rebuilding. */
const smallEnough = 4096

/** A series that was removed. */
export interface RemovedSeries {
  readonly family: FamilyDescriptor
  readonly key: SeriesKey
}

interface LoggedFamily {
  readonly family: FamilyDescriptor
  /** Its number in the log. */
  index: number
  readonly series: SeriesSlots
}

/**
 * Slots on the heap of one process, for backends that count in memory and send the numbers elsewhere.
 *
 * @experimental
 */
export class MemoryStore implements Store {
  readonly gate: Int32Array = new Int32Array(1)
  /** Rebuilt when most of its entries are of removed series. */
  log = new SeriesLog()
  private readonly segments = new Segments(nextSegment)
  private readonly families = new Map<string, LoggedFamily>()
  private readonly startedAt = dateNow() / 1000
  private living = 0
  /** By slot and bucket. */
  private readonly exemplars = new Map<number, Map<number, PlacedExemplar>>()
  private dense = new Float64Array(0)

  /**
   * @param seat the seat of the writer of these series; 0 if it has none
   * @param epoch the number of owners that the seat has had, including this one
   * @param writer a name that is unique among all processes that count together
   */
  constructor(
    private seat = 1,
    readonly epoch = 1,
    public writer = `memory-${process.pid}`,
  ) {}

  open(family: FamilyDescriptor, series: SeriesRef, createdAt?: number): Slots {
    const known = this.family(family)
    const slot = known.series.get(family, series)
    const run =
      slot === undefined ? this.begin(known, family, series, createdAt ?? dateNow() / 1000) : this.segments.at(slot)
    layoutOf(family).claim(run.segment, run.at, this.epoch)
    return this.slotsOf(run)
  }

  /** Adds a series of an earlier owner of the seat. It is claimed when it is first opened. */
  restore(family: FamilyDescriptor, series: SeriesRef, slots: Float64Array, createdAt: number): void {
    const { segment, at } = this.begin(this.family(family), family, series, createdAt)
    segment.values.set(slots, at)
  }

  remove(family: FamilyDescriptor, filter: LabelFilter, _scope?: RemovalScope): void {
    const known = this.families.get(definitionKey(family))
    if (known !== undefined) this.removeFrom(known, filter)
    Atomics.add(this.gate, 0, 1)
  }

  /** Removes the series of every definition of a name on request of another process, and returns them. */
  removeNamed(registry: string, name: string, filter: LabelFilter): readonly RemovedSeries[] {
    const families = [...this.families.values()].filter(
      ({ family }) => family.name === name && family.registry === registry,
    )
    const gone = families.flatMap((known) =>
      this.removeFrom(known, filter).map((key) => ({ family: known.family, key })),
    )
    if (gone.length > 0) Atomics.add(this.gate, 0, 1)
    return gone
  }

  /**
   * Subtracts the values from the time when the log had `entries` entries. Another writer continues from them, so only
   * later counts belong to this store. The values of gauges stay as they are.
   */
  deduct(before: Float64Array, entries: number): void {
    const begunSince = new Set(this.log.slotOf.slice(entries))
    for (const { family, series } of this.families.values()) {
      const layout = layoutOf(family)
      if (!isDeducted(layout)) continue
      for (const slot of series.all()) {
        if (begunSince.has(slot)) continue
        const { segment, at } = this.segments.at(slot)
        deduct(layout, segment, at, before.subarray(slot, slot + layout.width))
      }
    }
  }

  /** Counts on another seat from now on: the series are logged again for readers. */
  moveTo(seat: number): void {
    this.seat = seat
    this.beginLogAgain()
  }

  snapshot(): SourceReading {
    const { used } = this.segments
    if (this.dense.length < used) this.dense = new Float64Array(Math.max(1024, used * 2))
    for (const { first, values } of this.segments.all)
      this.dense.set(values.subarray(0, Math.max(0, used - first)), first)
    const { writer, startedAt, log, seat } = this
    const values = this.dense.subarray(0, used)
    return {
      writers: [
        {
          writer,
          seat,
          process: nameOfProcess(process.pid, threadId),
          live: true,
          epoch: this.epoch,
          startedAt,
          log,
          values,
          bytes: values.byteLength,
          dropped: 0,
          exemplars: () => [...this.exemplars.values()].flatMap((buckets) => [...buckets.values()]),
        },
      ],
      errors: [],
    }
  }

  setExemplar(family: FamilyDescriptor, series: SeriesRef, bucket: number, exemplar: Exemplar): void {
    const slot = this.families.get(definitionKey(family))?.series.get(family, series)
    if (slot === undefined) return
    let buckets = this.exemplars.get(slot)
    if (buckets === undefined) this.exemplars.set(slot, (buckets = new Map()))
    buckets.set(bucket, { slot, bucket, exemplar })
  }

  *series(only?: FamilyDescriptor, times = false): Iterable<StoredSeries> {
    const createdAt = times ? this.log.beginnings() : undefined
    for (const { family, series: all } of this.families.values()) {
      if (only !== undefined && family.name !== only.name) continue
      for (const [series, slot] of all.of(family))
        yield { family, series, slots: this.slotsOf(this.segments.at(slot)), createdAt: createdAt?.get(slot) }
    }
  }

  flush(): void {}
  close(): void {}

  private begin(known: LoggedFamily, family: FamilyDescriptor, series: SeriesRef, createdAt: number): SlotRun {
    const layout = layoutOf(known.family)
    const run = this.segments.allocate(layout.width)
    known.series.set(family, series, run.slot)
    this.living++
    this.log.append(opened, known.index, run.slot, seriesKey(series.labelValues), createdAt)
    return run
  }

  private removeFrom({ family, index, series }: LoggedFamily, filter: LabelFilter): readonly SeriesKey[] {
    const gone: SeriesKey[] = []
    const { width } = layoutOf(family)
    for (const [key, slot] of series.take(filter)) {
      this.living--
      this.log.append(removed, index, slot, key, 0)
      this.segments.release(slot, width)
      this.exemplars.delete(slot)
      gone.push(key)
    }
    if (this.log.length > smallEnough && this.log.length > 4 * this.living) this.beginLogAgain()
    return gone
  }

  /** Rebuilds the log with the remaining series, under the same slots, so that it does not grow with removed series. */
  private beginLogAgain(): void {
    const { log } = this
    const createdAt = log.beginnings()
    this.log = new SeriesLog()
    for (const [definition, known] of this.families) {
      if (known.series.size === 0) {
        this.families.delete(definition)
        continue
      }
      known.index = this.log.families.push(known.family) - 1
      for (const [{ labelValues }, slot] of known.series.of(known.family))
        this.log.append(opened, known.index, slot, seriesKey(labelValues), createdAt.get(slot)!)
    }
  }

  private slotsOf({ segment, at }: SlotRun): Slots {
    return { values: segment.values, words: segment.words, at, epoch: this.epoch }
  }

  private family(family: FamilyDescriptor): LoggedFamily {
    const key = definitionKey(family)
    let known = this.families.get(key)
    if (known === undefined) {
      known = { family, index: this.log.families.push(family) - 1, series: new SeriesSlots(family) }
      this.families.set(key, known)
    }
    return known
  }
}

function nextSegment(first: number, width: number): Segment {
  const length = Math.max(width, Math.min(largestSegment, first === 0 ? firstSegment : first))
  const values = new Float64Array(length)
  return { first, values, words: new Int32Array(values.buffer) }
}
