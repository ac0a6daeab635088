import type { FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { Pause } from '../../model/pause.js'
import { grown } from '../../model/series-index/hash-chains.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { FamilyOwner } from '../contract.js'
import { opened, removed, SeriesLog } from '../core/series-log.js'
import type { FileTotals } from './file-totals.js'

/** Entries of the log, or series, that may be of no use before everything is numbered again. */
const garbageKept = 1000

/** A family of one definition. */
export interface SummedFamily {
  /** Its index in the log. */
  number: number
  readonly descriptor: FamilyDescriptor
  readonly width: number
  readonly series: Map<SeriesKey, SummedSeries>
  owner: FamilyOwner | undefined
}

/** A series, and its slots among the sums. */
export interface SummedSeries {
  readonly family: SummedFamily
  readonly key: SeriesKey
  slot: number
  /** How many files have it in this reading. */
  holders: number
  /** When the first of these files was created, in unix seconds. */
  earliest: number
  /** Whether the log says that it is open, and since when. */
  isOpen: boolean
  created: number
  /** Whether it has no slots any more. */
  isGone: boolean
}

/** The values of a file, and the process that wrote it. */
export interface OwnedTotals {
  readonly totals: FileTotals
  readonly owner: FamilyOwner
}

/**
 * Counters, histograms and summaries, summed over all files: one log and dense slots, as those of one writer.
 *
 * The processes of an application have the same series. Thus a reader of the log has as many of them as there are in the
 * application, and not as many as there are in all files. Each reading builds the sums again, in the order of the files.
 */
export class SummedFiles {
  log = new SeriesLog()
  private slots: Float64Array = new Float64Array(1024)
  private used = 0
  private readonly families = new Map<FamilyDescriptor, SummedFamily>()
  private series: SummedSeries[] = []
  private openCount = 0
  /** The files of the last reading, and how many series each had. */
  private before: readonly (OwnedTotals & { readonly count: number })[] = []

  /** The sums of all slots. */
  get values(): Float64Array {
    return this.slots.subarray(0, this.used)
  }

  /** By family of the log: its newest owner; undefined if no file has the family. */
  get owners(): readonly (FamilyOwner | undefined)[] {
    return Array.from(this.families.values(), ({ owner }) => owner)
  }

  familyOf(descriptor: FamilyDescriptor): SummedFamily {
    let family = this.families.get(descriptor)
    if (family === undefined) {
      const number = this.log.families.push(descriptor) - 1
      family = { number, descriptor, width: layoutOf(descriptor).width, series: new Map(), owner: undefined }
      this.families.set(descriptor, family)
    }
    return family
  }

  seriesOf(family: SummedFamily, key: SeriesKey): SummedSeries {
    let series = family.series.get(key)
    if (series === undefined) {
      const slot = this.allocate(family)
      series = { family, key, slot, holders: 0, earliest: 0, isOpen: false, created: 0, isGone: false }
      family.series.set(key, series)
      this.series.push(series)
    }
    return series
  }

  /** SummedFiles up these files, in their order. */
  async build(files: readonly OwnedTotals[], pause: Pause): Promise<void> {
    this.slots.fill(0)
    for (const { totals } of files) {
      totals.values.addTo(this.slots)
      if (pause.due()) await pause.rest()
    }
    if (this.isAsBefore(files)) return
    this.before = []
    await this.count(files, pause)
    await this.publish(pause)
    const garbage = Math.max(this.series.length, this.log.length / 2) - this.openCount
    if (garbage > this.openCount + garbageKept) await this.compact(files, pause)
    this.before = files.map(({ totals, owner }) => ({ totals, owner, count: totals.series.length }))
  }

  /** Whether no series has appeared or disappeared, which is common. */
  private isAsBefore(files: readonly OwnedTotals[]): boolean {
    const { before } = this
    return (
      files.length === before.length &&
      files.every(({ totals, owner }, i) => {
        const { totals: then, count, owner: ownerThen } = before[i]!
        const isSameOwner = owner.live === ownerThen.live && owner.startedAt === ownerThen.startedAt
        return totals === then && totals.series.length === count && isSameOwner
      })
    )
  }

  /** Counts the files of each series, and finds the newest owner of each family. */
  private async count(files: readonly OwnedTotals[], pause: Pause): Promise<void> {
    for (const family of this.families.values()) family.owner = undefined
    for (const series of this.series) series.holders = 0
    for (const { totals, owner } of files) {
      for (const family of totals.families) if (isNewer(owner, family.owner)) family.owner = owner
      for (const series of totals.series) {
        if (series.holders++ === 0 || totals.created < series.earliest) series.earliest = totals.created
      }
      if (pause.due()) await pause.rest()
    }
  }

  /** Writes to the log what is new: the series that a file has now, and those that none has any more. */
  private async publish(pause: Pause): Promise<void> {
    const { log, series } = this
    for (let i = 0; i < series.length; i++) {
      const each = series[i]!
      const { family, slot, key, earliest, holders } = each
      // A file that was created earlier has appeared since: the series is opened again.
      if (each.isOpen && (holders === 0 || earliest < each.created)) {
        log.append(removed, family.number, slot, key, 0)
        each.isOpen = false
        this.openCount--
      }
      if (holders > 0 && !each.isOpen) {
        log.append(opened, family.number, slot, key, earliest)
        each.isOpen = true
        each.created = earliest
        this.openCount++
      }
      if ((i & 255) === 255 && pause.due()) await pause.rest()
    }
  }

  /** Begins a new log, without what no file has any more. */
  private async compact(files: readonly OwnedTotals[], pause: Pause): Promise<void> {
    const [series, before, moved] = [this.series, this.slots, new Int32Array(this.used)]
    this.log = new SeriesLog()
    this.series = []
    this.used = 0
    this.openCount = 0
    for (const [descriptor, family] of this.families) {
      if (family.owner === undefined) this.families.delete(descriptor)
      else family.number = this.log.families.push(descriptor) - 1
    }
    this.slots = new Float64Array(before.length)
    for (const each of series) {
      const { family, key, slot: from, holders } = each
      each.isGone = holders === 0
      each.isOpen = false
      if (each.isGone) {
        family.series.delete(key)
        continue
      }
      this.series.push(each)
      each.slot = this.allocate(family)
      for (let i = 0; i < family.width; i++) {
        moved[from + i] = each.slot + i
        this.slots[each.slot + i] = before[from + i]!
      }
    }
    for (const { totals } of files) totals.values.moveSlots(moved)
    await this.publish(pause)
  }

  private allocate({ width }: SummedFamily): number {
    const slot = this.used
    this.used += width
    if (this.used > this.slots.length) this.slots = grown(this.slots, this.used * 2)
    return slot
  }
}

/** Whether the definition of a process is newer than that of another one. Those of dead processes are older. */
function isNewer(owner: FamilyOwner, other: FamilyOwner | undefined): boolean {
  if (other === undefined) return true
  return owner.live === other.live ? owner.startedAt > other.startedAt : owner.live
}
