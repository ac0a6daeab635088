import { describe } from '../../model/metric-name.js'

/**
 * The finite upper bounds of a histogram in ascending order, each as it was given: a number or its text. The client
 * counts in the order in which they are given, so that unsorted bounds get wrong counts; and `+Inf` is always there.
 *
 * @throws TypeError if it is not a number
 */
export function boundsOf(metric: string, buckets: unknown): readonly number[] {
  const bounds = [...(buckets as readonly number[])]
  for (const bound of bounds) {
    if (!Number.isNaN(limitOf(bound))) continue
    throw new TypeError(`${metric}: bucket bound ${describe(bound)} is not a number`)
  }
  return bounds
    .filter((bound) => Number.isFinite(limitOf(bound)))
    .sort((a, b) => limitOf(a) - limitOf(b))
    .filter((bound, i, sorted) => i === 0 || limitOf(bound) !== limitOf(sorted[i - 1]!))
}

function limitOf(bound: unknown): number {
  if (typeof bound === 'number') return bound
  if (bound === '+Inf') return Number.POSITIVE_INFINITY
  return typeof bound === 'string' && bound.trim() !== '' ? Number(bound) : Number.NaN
}
