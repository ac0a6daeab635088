import { MetricsError } from './errors.js'
import { describe } from './metric-name.js'

/** Upper bounds in seconds for the latency of a network service, as in every official client. */
export const defaultBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Checks a histogram's upper bounds and returns the finite ones: `+Inf` is implied, and accepted. */
export function checkBounds(metric: string, bounds: unknown): readonly number[] {
  if (bounds === undefined) return defaultBounds
  if (!Array.isArray(bounds)) {
    throw new MetricsError(
      'BUCKETS_INVALID',
      `${metric}: buckets must be an array of upper bounds, got ${describe(bounds)}`,
    )
  }
  // Array.from fills holes with undefined, which the error names.
  const finite: unknown[] = Array.from(bounds)
  if (finite.at(-1) === Number.POSITIVE_INFINITY) finite.pop()
  finite.forEach((bound, i) => {
    if (typeof bound !== 'number' || !Number.isFinite(bound)) {
      throw new MetricsError('BUCKETS_INVALID', `${metric}: bucket bound ${describe(bound)} is not a finite number`)
    }
    const before = finite[i - 1] as number | undefined
    if (before === bound) throw new MetricsError('BUCKETS_INVALID', `${metric}: bucket bound ${bound} is given twice`)
    if (before !== undefined && before > bound) {
      throw new MetricsError(
        'BUCKETS_INVALID',
        `${metric}: bucket bounds must ascend: ${before} comes before ${bound}; sort them`,
      )
    }
  })
  return finite as number[]
}

/** Returns `count` bounds from `start`, each `width` above the previous one. */
export function linearBuckets(start: number, width: number, count: number): number[] {
  positive('linearBuckets', 'count', count)
  return Array.from({ length: count }, (_, i) => start + i * width)
}

/** Returns `count` bounds from `start`, each `factor` times the previous one. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  positive('exponentialBuckets', 'start', start)
  positive('exponentialBuckets', 'count', count)
  if (!(typeof factor === 'number' && factor > 1))
    throw new MetricsError('BUCKETS_INVALID', `exponentialBuckets: factor must be above 1, got ${describe(factor)}`)
  return Array.from({ length: count }, (_, i) => start * factor ** i)
}

function positive(name: string, what: string, value: number): void {
  if (!(typeof value === 'number' && value > 0))
    throw new MetricsError('BUCKETS_INVALID', `${name}: ${what} must be above 0, got ${describe(value)}`)
}
