/**
 * Returns bucket bounds at equal distances.
 *
 * @param start the first bound
 * @param width the distance between two bounds
 * @param count how many there are
 * @throws Error for a count below 1
 * @example linearBuckets(0, 50, 3) // [0, 50, 100]
 */
export function linearBuckets(start: number, width: number, count: number): number[] {
  if (count < 1) throw new Error('Linear buckets needs a positive count')
  return Array.from({ length: checkLength(count) }, (_, i) => start + i * width)
}

/**
 * Returns bucket bounds of which each is a multiple of the one before.
 *
 * @param start the first bound
 * @param factor what a bound is multiplied by to give the next one
 * @param count how many there are
 * @throws Error for a start that is not positive, a count below 1 or a factor that is not above 1
 * @example exponentialBuckets(1, 2, 4) // [1, 2, 4, 8]
 */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  if (start <= 0) throw new Error('Exponential buckets needs a positive start')
  if (count < 1) throw new Error('Exponential buckets needs a positive count')
  if (factor <= 1) throw new Error('Exponential buckets needs a factor greater than 1')
  const buckets: number[] = []
  for (let bound = start; buckets.length < checkLength(count); bound *= factor) buckets.push(bound)
  return buckets
}

/** Throws the error of the language for what cannot be the length of an array. */
function checkLength(count: number): number {
  return new Array(count).length
}
