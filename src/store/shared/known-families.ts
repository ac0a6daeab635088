import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { SeriesKey } from '../../model/series-key.js'
import { type Removal, removalTargetOf } from '../core/removal-index.js'
import { SeriesSlots } from '../core/series-slots.js'
import type { InheritedFamily } from './inheritance.js'

/** Deletes a series of a family, and returns it. */
export function takeSeries({ family, index, series }: InheritedFamily, number: number): RemovedSeatSeries {
  const slot = series.slotOf(number)!
  return { family, index, slot, key: series.takeNumber(number), width: layoutOf(family).width }
}

/** A series that was removed. */
export interface RemovedSeatSeries {
  readonly family: FamilyDescriptor
  /** Number of the family in the series file. */
  readonly index: number
  readonly key: SeriesKey
  readonly slot: number
  readonly width: number
}

/** The families in a writer's series file, and their series. */
export class KnownFamilies {
  private readonly byDefinition = new Map<string, InheritedFamily>()
  /** Families of an earlier owner that a metric of this process uses, with the series that it has not counted in yet. */
  private readonly earlier = new Map<InheritedFamily, InheritedFamily>()
  /** By registry and name, which several definitions may share. */
  private readonly byName = new Map<string, InheritedFamily[]>()
  /** The target of the last removal. */
  private last: (Pick<Removal, 'registry' | 'name'> & { readonly families: readonly InheritedFamily[] }) | undefined

  get(family: FamilyDescriptor): InheritedFamily | undefined {
    return this.byDefinition.get(definitionKey(family))
  }

  add(known: InheritedFamily): void {
    this.byDefinition.set(definitionKey(known.family), known)
    this.last = undefined
    const id = removalTargetOf(known.family)
    const others = this.byName.get(id)
    if (others === undefined) this.byName.set(id, [known])
    else others.push(known)
  }

  /**
   * Returns the family that a metric of this process counts in. The series of an earlier owner have other numbers than
   * the metric's, so they are kept separately, and each one moves when the metric counts in it.
   */
  counted(family: FamilyDescriptor): InheritedFamily | undefined {
    const known = this.get(family)
    if (!known?.inherited) return known
    const counted = { family, index: known.index, series: new SeriesSlots(family), inherited: false }
    this.add(counted)
    this.earlier.set(counted, known)
    return counted
  }

  /** Returns the series of an earlier owner in a family that this process counts in. */
  earlierOf(known: InheritedFamily): InheritedFamily | undefined {
    return this.earlier.get(known)
  }

  /** Called when all series of the earlier owner have moved or were removed. */
  forgetEarlier(known: InheritedFamily): void {
    const earlier = this.earlier.get(known)!
    this.earlier.delete(known)
    const named = this.byName.get(removalTargetOf(known.family))!
    named.splice(named.indexOf(earlier), 1)
  }

  /** Returns the families that a removal names. */
  named(removal: Removal): readonly InheritedFamily[] {
    // Many removals name one family, so its key is built once.
    const { last } = this
    if (last?.name === removal.name && last.registry === removal.registry) return last.families
    const { registry, name } = removal
    const families = this.byName.get(removalTargetOf(removal)) ?? []
    this.last = { registry, name, families }
    return families
  }

  *[Symbol.iterator](): Iterator<InheritedFamily> {
    yield* this.byDefinition.values()
    yield* this.earlier.values()
  }
}
