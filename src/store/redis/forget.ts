/** Removes items from a list, in place; others may have been added or dropped meanwhile. */
export function forget<T>(list: T[], gone: readonly T[]): void {
  if (gone.length === 0) return
  const known = new Set(gone)
  let kept = 0
  for (const each of list) if (!known.has(each)) list[kept++] = each
  list.length = kept
}
