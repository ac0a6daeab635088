import type { Gathered } from '../../gather/gatherer.js'
import { Slices } from '../../platform/slices.js'
import type { AmountsRead, SentAmounts } from '../sent-amounts.js'
import {
  type AcceptedValues,
  baseOf,
  boundsOf,
  namedValues,
  valuesNamed,
  valuesOf,
  withValues,
} from './accepted-values.js'
import type { Point } from './point.js'

/** Differences that are sent in one request. */
export class DeltaBatch {
  readonly changes: (readonly [name: string, key: string, values: AcceptedValues])[] = []
}

/** The number of names that are removed in one step. */
const forgottenTogether = 256

/** The amount that is the time of the last export that was accepted. */
const timeName = 'time'

/**
 * Computes the differences of counters and histograms from the last values that the receiver accepted, from whichever
 * process.
 *
 * Without such values, the difference is from 0, since the time when the series began. If that time is not known, or this
 * process cannot know what others have sent, the first value is only remembered, unless the series is new since the last
 * gathering.
 */
export class DeltaState {
  private families = new Map<string, Map<string, AcceptedValues>>()
  /** Kept names of series that no longer exist. */
  private readonly obsolete: string[] = []
  private seen = new Map<string, Set<string>>()
  /** Unix milliseconds of the last complete gathering. */
  private gatheredAt: number | undefined
  /** Unix milliseconds of the last export of this process that was accepted; 0 before it. */
  private acceptedAt = 0

  /** @param amounts keeps the values for the next process that sends */
  constructor(private readonly amounts?: SentAmounts) {}

  /** Another process sends. If this one does not know what that sends, it begins again. */
  standby(): void {
    this.amounts?.standby?.()
    if (this.amounts?.fromNow !== true) return
    this.families.clear()
    this.gatheredAt = undefined
    this.acceptedAt = 0
  }

  /** Begins a gathering. If another process has sent since the last one of this process, its values are read. */
  async begin(gathered: Gathered): Promise<void> {
    this.seen = new Map()
    const kept = await this.amounts?.read(gathered)
    if (kept === undefined || timeIn(kept) === this.acceptedAt) return
    await this.load(kept, gathered)
  }

  /**
   * Returns the difference of a point from its last accepted values; undefined if there is none to send.
   *
   * @param name of the metric
   * @param time Unix milliseconds at which the point was read
   * @param batch of the request that will contain the difference
   */
  difference(name: string, point: Point, time: number, batch: DeltaBatch): Point | undefined {
    if (!('value' in point) && !('counts' in point)) return point
    this.markSeen(name, point.key)
    const accepted = this.families.get(name)?.get(point.key)
    const { start = accepted?.time ?? this.gatheredAt } = point
    const [values, bounds] = [valuesOf(point), boundsOf(point)]
    const isUnknown = accepted === undefined && this.gatheredAt === undefined && this.amounts?.fromNow === true
    if (start === undefined || isUnknown) {
      this.seriesOf(name).set(point.key, { values, bounds, time, isKept: false })
      return undefined
    }
    const base = (accepted && baseOf(accepted, point)) ?? values.map(() => 0)
    const changes = values.map((value, i) => value - base[i]!)
    // What the receiver adds up, so that differences of fractions do not add up to another sum.
    const sums = changes.map((change, i) => base[i]! + change)
    batch.changes.push([name, point.key, { values: sums, bounds, time }])
    return withValues(point, changes, Math.max(start, accepted?.time ?? start))
  }

  /**
   * Ends a complete gathering: series that it did not have are forgotten. If one appears again, it begins at 0.
   *
   * @param time Unix milliseconds of the gathering
   */
  end(time: number): void {
    this.gatheredAt = time
    for (const [name, series] of this.families) {
      const seen = this.seen.get(name)
      if (seen !== undefined && seen.size >= series.size) continue
      for (const [key, values] of series) {
        if (seen?.has(key)) continue
        series.delete(key)
        if (values.isKept !== false) this.obsolete.push(...keptNames(name, key, values))
      }
    }
    this.seen = new Map()
  }

  /**
   * Records that the receiver has accepted a request.
   *
   * @param time Unix milliseconds of its gathering
   */
  async commit({ changes }: DeltaBatch, time: number): Promise<void> {
    const { amounts } = this
    const pause = new Slices()
    for (const [name, key, values] of changes) {
      const series = this.seriesOf(name)
      if (amounts !== undefined) this.obsolete.push(...keep(amounts, name, key, series.get(key), values))
      series.set(key, values)
      if (pause.due()) await pause.rest()
    }
    if (amounts === undefined || changes.length === 0) return
    amounts.add(timeName, time - this.acceptedAt)
    this.acceptedAt = time
    try {
      await amounts.flush()
    } catch {
      // The request has been accepted. The backend sends the amounts with its next counts.
    }
  }

  /** Removes what is kept of series that no longer exist. What cannot be removed now is removed later. */
  async forgetObsolete(): Promise<void> {
    const pause = new Slices()
    while (this.obsolete.length > 0) {
      const names = this.obsolete.slice(-forgottenTogether)
      if (this.amounts?.forget(names) === false) return
      this.obsolete.length -= names.length
      if (pause.due()) await pause.rest()
    }
  }

  private seriesOf(name: string): Map<string, AcceptedValues> {
    let series = this.families.get(name)
    if (series === undefined) this.families.set(name, (series = new Map()))
    return series
  }

  private markSeen(name: string, key: string): void {
    const keys = this.seen.get(name)
    if (keys === undefined) this.seen.set(name, new Set([key]))
    else keys.add(key)
  }

  private async load(kept: AmountsRead, { pause }: Gathered): Promise<void> {
    const named = new Map<string, Map<string, Map<string, number>>>()
    for (const [text, number] of kept.entries()) {
      if (pause.due()) await pause.rest()
      if (text === timeName) continue
      const [name, key, part] = JSON.parse(text) as [string, string, string]
      const series = named.get(name) ?? new Map<string, Map<string, number>>()
      named.set(name, series)
      series.set(key, (series.get(key) ?? new Map<string, number>()).set(part, kept.amount(number)))
    }
    this.acceptedAt = timeIn(kept)
    this.gatheredAt = this.acceptedAt
    this.families = new Map()
    for (const [name, series] of named) {
      const values = new Map<string, AcceptedValues>()
      for (const [key, parts] of series) values.set(key, valuesNamed(parts, this.acceptedAt))
      this.families.set(name, values)
      if (pause.due()) await pause.rest()
    }
  }
}

function timeIn(kept: AmountsRead): number {
  return kept.amount(kept.numberOf(timeName))
}

/**
 * Changes what is kept of a series from its values before to those now.
 *
 * @returns the names of values that the series no longer has
 */
function keep(
  amounts: SentAmounts,
  name: string,
  key: string,
  before: AcceptedValues | undefined,
  now: AcceptedValues,
): readonly string[] {
  const old = before === undefined || before.isKept === false ? undefined : namedValues(before)
  const named = namedValues(now)
  for (const [part, value] of named) {
    const change = value - (old?.get(part) ?? 0)
    // The first time also without a change, so that the next process knows the series.
    if (Number.isFinite(change) && (change !== 0 || !old?.has(part))) amounts.add(keptName(name, key, part), change)
  }
  if (old === undefined || before!.bounds?.join() === now.bounds?.join()) return []
  return [...old.keys()].filter((part) => !named.has(part)).map((part) => keptName(name, key, part))
}

function keptNames(name: string, key: string, values: AcceptedValues): readonly string[] {
  return [...namedValues(values).keys()].map((part) => keptName(name, key, part))
}

function keptName(name: string, key: string, part: string): string {
  return JSON.stringify([name, key, part])
}
