import { MetricsError } from '../../model/errors.js'
import { labelFilterFrom } from '../../model/series-key.js'
import type { Removal } from '../core/removal-index.js'

/** The removals of one writer that others may not have taken, from number `from` on. */
export interface RemovalList {
  readonly from: number
  readonly list: Removal[]
}

/** Removals by the writer that requested them. */
export type RemovalLists = Readonly<Record<string, RemovalList>>

/** Whether an external value is such a list. */
export function isRemovalList(value: unknown): value is RemovalList {
  const { from, list } = Object(value) as Partial<RemovalList>
  if (!Number.isSafeInteger(from) || from! < 0 || !Array.isArray(list)) return false
  return (list as unknown[]).every((each) => {
    const { registry, name, labels } = Object(each) as Partial<Removal>
    return typeof registry === 'string' && typeof name === 'string' && labelFilterFrom(labels) !== undefined
  })
}

/** How many removals of each writer have been carried out. */
export type Taken = Readonly<Record<string, number>>

/** The maximum number of removals that wait for other processes. */
const most = 10_000
/** The maximum number of writers whose removal counts are remembered. */
const remembered = 1_000

/** Returns the removals of `lists` that come after those taken. */
export function untaken(lists: RemovalLists, taken: Taken): readonly Removal[] {
  return Object.entries(lists).flatMap(([writer, { from, list }]) =>
    list.slice(Math.max(0, (taken[writer] ?? 0) - from)),
  )
}

/**
 * Marks everything in `lists` as taken. Counts never decrease, because an older reading of a list may arrive later. Of
 * the writers that no snapshot lists any more, only the latest are remembered.
 */
export function takeAll(taken: Taken, lists: RemovalLists): Record<string, number> {
  const all: Record<string, number> = { ...taken }
  for (const [writer, { from, list }] of Object.entries(lists)) {
    all[writer] = Math.max(all[writer] ?? 0, from + list.length)
  }
  const writers = Object.keys(all)
  for (const writer of writers.slice(0, -remembered)) if (!(writer in lists)) delete all[writer]
  return all
}

/** Combines the lists of several writers; the longest version of each list wins. */
export function together(all: Iterable<RemovalLists>): RemovalLists {
  const joined: Record<string, RemovalList> = {}
  for (const lists of all) {
    for (const [writer, list] of Object.entries(lists)) {
      const known = joined[writer]
      if (known === undefined || list.from + list.list.length > known.from + known.list.length) joined[writer] = list
    }
  }
  return joined
}

/** Returns `lists` without the removals that every writer has taken. */
export function withoutTaken(lists: RemovalLists, allTaken: readonly Taken[]): RemovalLists {
  const left: Record<string, RemovalList> = {}
  for (const [writer, { from, list }] of Object.entries(lists)) {
    const seen = Math.min(from + list.length, ...allTaken.map((taken) => taken[writer] ?? 0))
    if (seen < from + list.length)
      left[writer] = { from: Math.max(from, seen), list: list.slice(Math.max(0, seen - from)) }
  }
  return left
}

/**
 * Returns `lists` with one more removal of a writer, whose list grows in place. Throws `REMOVE_FAILED` if too many
 * wait.
 */
export function withRemoval(lists: RemovalLists, writer: string, count: number, removal: Removal): RemovalLists {
  const writerRemovals = lists[writer]
  if (writerRemovals === undefined) return { ...lists, [writer]: { from: count, list: [removal] } }
  if (writerRemovals.list.length >= most) {
    const text = `series of ${removal.name} could not be removed for the whole application: a process has not taken ${most} earlier removals; try again`
    throw new MetricsError('REMOVE_FAILED', text)
  }
  writerRemovals.list.push(removal)
  return lists
}
