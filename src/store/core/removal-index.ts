import type { FamilyDescriptor } from '../../model/descriptor.js'
import { SeriesFilters } from '../../model/series-filters.js'
import type { LabelFilter } from '../../model/series-key.js'
import type { Pause } from '../contract.js'

/** Series that were removed from the whole application. */
export interface Removal {
  readonly registry: string
  readonly name: string
  /** The series of the family whose labels have these values; all series if empty. */
  readonly labels: LabelFilter
  /** The writer that carried out the removal before it could announce it; what it counted since then stays. */
  readonly author?: string
}

interface IndexedRemoval {
  readonly removal: Removal
  readonly position: number
}

/** The removals of one family name, which several definitions may share. */
interface OfFamily {
  readonly placed: IndexedRemoval[]
  readonly byLabels: Map<string, { readonly filters: SeriesFilters; taken: number }>
}

/** Removals that a reader applies together, in one pass over the series of a writer. */
export class RemovalIndex {
  size = 0
  private readonly families = new Map<string, OfFamily>()

  add(removal: Removal, position: number): void {
    const id = removalTargetOf(removal)
    let known = this.families.get(id)
    if (known === undefined) this.families.set(id, (known = { placed: [], byLabels: new Map() }))
    known.placed.push({ removal, position })
    this.size++
  }

  /** Returns the filters on the series of a family, prepared in slices; undefined if nothing was removed from it. */
  async filtersOf(family: FamilyDescriptor, pause: Pause): Promise<SeriesFilters | undefined> {
    const known = this.families.get(removalTargetOf(family))
    if (known === undefined) return undefined
    const labels = JSON.stringify(family.labelNames)
    let compiled = known.byLabels.get(labels)
    if (compiled === undefined)
      known.byLabels.set(labels, (compiled = { filters: new SeriesFilters(family.labelNames), taken: 0 }))
    for (; compiled.taken < known.placed.length; compiled.taken++) {
      const { removal, position } = known.placed[compiled.taken]!
      compiled.filters.add(removal.labels, position, removal.author)
      if ((compiled.taken & 255) === 255 && pause.due()) await pause.rest()
    }
    return compiled.filters
  }
}

/** Returns the filters of removals, by the families that they name. */
export function filtersByTarget(removals: readonly Removal[]): Map<string, LabelFilter[]> {
  const byTarget = new Map<string, LabelFilter[]>()
  for (const removal of removals) {
    const target = removalTargetOf(removal)
    const filters = byTarget.get(target)
    if (filters === undefined) byTarget.set(target, [removal.labels])
    else filters.push(removal.labels)
  }
  return byTarget
}

/** Returns the key by which removals name a family; several definitions may share it. */
export function removalTargetOf({ registry, name }: Pick<Removal, 'registry' | 'name'>): string {
  return `${registry}\n${name}`
}
