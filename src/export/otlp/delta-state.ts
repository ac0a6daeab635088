import type { HistogramPoint, NumberPoint, Point } from './point.js'

/** The last accepted values of a series. */
interface AcceptedValues {
  /** Of a sum, its value; of a histogram, its sum and the count of each bucket. */
  readonly values: readonly number[]
  /** Of a histogram, the bounds of its buckets. */
  readonly bounds: readonly number[]
  /** Unix milliseconds at which the values were read. */
  readonly time: number
}

type SeriesValues = Map<string, AcceptedValues>

/** Differences that are sent in one request: `commit()` when the receiver has accepted them. */
export class DeltaBatch {
  private readonly changes: (readonly [series: SeriesValues, key: string, values: AcceptedValues])[] = []

  add(series: SeriesValues, key: string, values: AcceptedValues): void {
    this.changes.push([series, key, values])
  }

  commit(): void {
    for (const [series, key, values] of this.changes) series.set(key, values)
  }
}

/**
 * Computes the differences of counters and histograms from the last values that the receiver accepted.
 *
 * Without such values, the difference is from 0, since the time when the series began. If that time is not known, the
 * first value is only remembered, unless the series is new since the last gathering.
 */
export class DeltaState {
  private readonly families = new Map<string, SeriesValues>()
  private seen = new Map<string, Set<string>>()
  /** Unix milliseconds of the last complete gathering. */
  private gatheredAt: number | undefined

  /**
   * Returns the difference of a point from its last accepted values; undefined if there is none to send.
   *
   * @param name of the metric
   * @param time Unix milliseconds at which the point was read
   * @param batch of the request that will contain the difference
   */
  difference(name: string, point: Point, time: number, batch: DeltaBatch): Point | undefined {
    if (!('value' in point) && !('counts' in point)) return point
    let series = this.families.get(name)
    if (series === undefined) this.families.set(name, (series = new Map()))
    this.markSeen(name, point.key)
    const accepted = this.lastValues(series.get(point.key), point)
    const { start = this.gatheredAt } = point
    if (accepted === undefined && start === undefined) {
      // Committed at once: nothing is sent.
      series.set(point.key, { values: valuesOf(point), bounds: boundsOf(point), time })
      return undefined
    }
    const values = valuesOf(point)
    const from = accepted?.values ?? values.map(() => 0)
    const changes = values.map((value, i) => value - from[i]!)
    // What the receiver adds up, so that differences of fractions do not add up to another sum.
    const sum = changes.map((change, i) => from[i]! + change)
    batch.add(series, point.key, { values: sum, bounds: boundsOf(point), time })
    return withValues(point, changes, Math.min(accepted?.time ?? start!, time))
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
      if (seen === undefined) this.families.delete(name)
      else if (seen.size < series.size) for (const key of series.keys()) if (!seen.has(key)) series.delete(key)
    }
    this.seen = new Map()
  }

  private markSeen(name: string, key: string): void {
    const keys = this.seen.get(name)
    if (keys === undefined) this.seen.set(name, new Set([key]))
    else keys.add(key)
  }

  /** Returns the accepted values in the buckets of the point; undefined if the series has begun again since. */
  private lastValues(accepted: AcceptedValues | undefined, point: NumberPoint | HistogramPoint) {
    if (accepted === undefined || (point.start ?? 0) > accepted.time) return undefined
    const values = inBuckets(accepted, boundsOf(point))
    const counts = 'value' in point ? [point.value] : point.counts
    const first = 'value' in point ? 0 : 1
    const decreased = values === undefined || counts.some((count, i) => count < values[first + i]!)
    return decreased ? undefined : { values, time: accepted.time }
  }
}

/** Returns values in other buckets; undefined if these have a bound that the old ones did not have. */
function inBuckets({ values, bounds }: AcceptedValues, wanted: readonly number[]): readonly number[] | undefined {
  if (bounds.length === wanted.length && bounds.every((bound, i) => bound === wanted[i])) return values
  if (!wanted.every((bound) => bounds.includes(bound))) return undefined
  const [sum, ...counts] = values
  const merged = new Array<number>(wanted.length + 1).fill(0)
  counts.forEach((count, i) => {
    const at = wanted.findIndex((bound) => (bounds[i] ?? Number.POSITIVE_INFINITY) <= bound)
    merged[at < 0 ? wanted.length : at]! += count
  })
  return [sum!, ...merged]
}

function valuesOf(point: NumberPoint | HistogramPoint): readonly number[] {
  return 'value' in point ? [point.value] : [point.sum ?? 0, ...point.counts]
}

const noBounds: readonly number[] = []

function boundsOf(point: NumberPoint | HistogramPoint): readonly number[] {
  return 'value' in point ? noBounds : point.bounds
}

function withValues(point: NumberPoint | HistogramPoint, values: readonly number[], start: number): Point {
  const exemplars = point.exemplars.filter(({ time }) => time === undefined || time >= start)
  if ('value' in point) return { ...point, value: values[0]!, start, exemplars }
  const [sum, ...counts] = values
  return { ...point, sum: point.sum === undefined ? undefined : sum!, counts, start, exemplars }
}
