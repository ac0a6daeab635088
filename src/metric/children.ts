import { labelValuesOf, type SeriesKey } from '../model/series-key.js'

export type Labels = Readonly<Record<string, unknown>>
/** One map per label name: a value leads to the next map, the last one to the child. */
type Branch<C> = Map<unknown, Branch<C> | C>

/** The children of a metric, found by label values as they were given, without making a string. */
export class Children<C extends { readonly key: SeriesKey }> {
  private readonly root: Branch<C> = new Map()
  private readonly byKey = new Map<SeriesKey, C>()

  /** @param names label names in alphabetical order */
  constructor(private readonly names: readonly string[]) {}

  get size(): number {
    return this.byKey.size
  }

  /** The child of these label values where the names come in alphabetical order, as one tends to write them. */
  find(labels: Labels): C | undefined {
    const { names } = this
    let node: Branch<C> | C | undefined = this.root
    let i = 0
    for (const name in labels) {
      if (name !== names[i++]) return undefined
      node = (node as Branch<C>).get(labels[name])
      if (node === undefined) return undefined
    }
    return i === names.length && i > 0 ? (node as C) : undefined
  }

  /** The same for names in any order. */
  findByName(labels: Labels): C | undefined {
    const { names } = this
    let node: Branch<C> | C | undefined = this.root
    for (let i = 0; node !== undefined && i < names.length; i++) node = (node as Branch<C>).get(labels[names[i]!])
    return node as C | undefined
  }

  get(key: SeriesKey): C | undefined {
    return this.byKey.get(key)
  }

  all(): C[] {
    return [...this.byKey.values()]
  }

  add(child: C): void {
    this.byKey.set(child.key, child)
  }

  /** Leads these label values, as they were given, to the child. */
  lead(labels: Labels, child: C): void {
    const values = this.names.map((name) => labels[name])
    // An object as a label value counts under its text, but a new object each time must not fill the map.
    if (values.some((value) => typeof value === 'object' && value !== null)) return
    let branch = this.root
    for (const value of values.slice(0, -1)) {
      let next = branch.get(value) as Branch<C> | undefined
      if (next === undefined) {
        next = new Map()
        branch.set(value, next)
      }
      branch = next
    }
    branch.set(values.at(-1), child)
  }

  delete(child: C): void {
    this.byKey.delete(child.key)
    prune(this.root, child, labelValuesOf(child.key), 0)
  }
}

/** Takes a child out of the branches, under each form in which its label values may have been given. */
function prune<C>(branch: Branch<C>, child: C, values: readonly (string | null)[], depth: number): void {
  for (const form of formsOf(values[depth]!)) {
    const next = branch.get(form)
    if (next === child) branch.delete(form)
    else if (next instanceof Map) {
      prune(next, child, values, depth + 1)
      if (next.size === 0) branch.delete(form)
    }
  }
}

/** A label that was left out may stand at its default. */
function formsOf(value: string | null): readonly unknown[] {
  if (value === null) return [undefined, null]
  return [value, Number(value), value === 'true' ? true : value === 'false' ? false : value, undefined, null]
}
