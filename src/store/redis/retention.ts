/** Milliseconds. */
const leastRetention = 3_600_000

/**
 * Returns how long Redis remembers which writers were added to the totals, in milliseconds.
 *
 * @param deadAfter in milliseconds
 */
export function retentionOf(deadAfter: number): number {
  return Math.max(leastRetention, 4 * deadAfter)
}
