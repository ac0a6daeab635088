import type { HistogramPoint, NumberPoint } from './point.js'

/** The last values of a series that the receiver accepted. */
export interface AcceptedValues {
  /** Of a sum, its value; of a histogram, its sum and the count of each bucket. */
  readonly values: readonly number[]
  /** Of a histogram, the bounds of its buckets; undefined for a sum. */
  readonly bounds: readonly number[] | undefined
  /** Unix milliseconds at which the values were read. */
  readonly time: number
  /** Whether the next process knows the values. Those with which a series without a beginning was first seen are not. */
  readonly isKept?: false
}

/** A point of which differences are sent. */
export type CountingPoint = NumberPoint | HistogramPoint

export function valuesOf(point: CountingPoint): readonly number[] {
  return 'value' in point ? [point.value] : [point.sum ?? 0, ...point.counts]
}

export function boundsOf(point: CountingPoint): readonly number[] | undefined {
  return 'value' in point ? undefined : point.bounds
}

/** Returns the accepted values in the buckets of the point; undefined if the series has begun again since. */
export function baseOf(accepted: AcceptedValues, point: CountingPoint): readonly number[] | undefined {
  if ((point.start ?? 0) > accepted.time) return undefined
  const values = inBuckets(accepted, boundsOf(point))
  const counts = 'value' in point ? [point.value] : point.counts
  const first = 'value' in point ? 0 : 1
  return values === undefined || counts.some((count, i) => count < values[first + i]!) ? undefined : values
}

/** Returns a point with other values, whose exemplars are of its interval. */
export function withValues(point: CountingPoint, values: readonly number[], start: number): CountingPoint {
  const exemplars = point.exemplars.filter(({ time }) => time === undefined || time >= start)
  if ('value' in point) return { ...point, value: values[0]!, start, exemplars }
  const [sum, ...counts] = values
  return { ...point, sum: point.sum === undefined ? undefined : sum!, counts, start, exemplars }
}

/** Returns values in other buckets; undefined if these have a bound that the old ones did not have. */
function inBuckets(
  { values, bounds }: AcceptedValues,
  wanted: readonly number[] | undefined,
): readonly number[] | undefined {
  if (bounds === undefined || wanted === undefined) return bounds === wanted ? values : undefined
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

/** Returns the values under names: `value`; or `sum`, and the bound of each bucket. */
export function namedValues({ values, bounds }: AcceptedValues): ReadonlyMap<string, number> {
  if (bounds === undefined) return new Map([['value', values[0]!]])
  const names = ['sum', ...bounds.map(String), 'Infinity']
  return new Map(names.map((name, i) => [name, values[i]!]))
}

/** Returns the values that `namedValues()` named, in any order. */
export function valuesNamed(named: ReadonlyMap<string, number>, time: number): AcceptedValues {
  const value = named.get('value')
  if (value !== undefined) return { values: [value], bounds: undefined, time }
  const buckets = [...named].filter(([name]) => name !== 'sum').map(([name, count]) => [Number(name), count] as const)
  buckets.sort(([a], [b]) => a - b)
  return {
    values: [named.get('sum') ?? 0, ...buckets.map(([, count]) => count)],
    bounds: buckets.slice(0, -1).map(([bound]) => bound),
    time,
  }
}
