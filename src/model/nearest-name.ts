/**
 * Returns the known name that differs in the fewest letters, if there are only a few of them.
 *
 * @param most the maximum number of letters that differ
 */
export function nearest(name: string, known: Iterable<string>, most = 3): string | undefined {
  let best: string | undefined
  const half = Math.ceil(name.length / 2)
  // One letter may differ in a short name, but not in a single letter.
  let least = Math.min(most + 1, name.length > 1 ? Math.max(2, half) : half)
  for (const candidate of known) {
    const steps = distance(name, candidate)
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}

/** Returns how many letters must be inserted, deleted, changed, or swapped with the next one. */
function distance(a: string, b: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : changed
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, changed, swapped))
    }
    before = row
    row = next
  }
  return row[b.length]!
}
