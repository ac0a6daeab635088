import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { SeriesKey } from '../../model/series-key.js'
import { type Removal, removalTargetOf } from '../core/removal-index.js'
import { SeriesSlots } from '../core/series-slots.js'
import type { InheritedFamily } from './inheritance.js'

/** Forgets a series of a family, and gives it. */
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
  /** Families of an earlier owner that a metric of this process counts in, with the series that it has not counted in. */
  private readonly earlier = new Map<InheritedFamily, InheritedFamily>()
  /** By registry and name: several definitions may have one. */
  private readonly byName = new Map<string, InheritedFamily[]>()
  /** What the last removal named. */
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
   * The family that a metric of this process counts in. The series of an earlier owner are known by other numbers than the
   * metric's: they stay by themselves, and each one moves when it is counted in.
   */
  counted(family: FamilyDescriptor): InheritedFamily | undefined {
    const known = this.get(family)
    if (!known?.inherited) return known
    const counted = { family, index: known.index, series: new SeriesSlots(family), inherited: false }
    this.add(counted)
    this.earlier.set(counted, known)
    return counted
  }

  /** The series of an earlier owner in a family that this process counts in. */
  earlierOf(known: InheritedFamily): InheritedFamily | undefined {
    return this.earlier.get(known)
  }

  /** All series of the earlier owner were counted in, or removed. */
  forgetEarlier(known: InheritedFamily): void {
    const earlier = this.earlier.get(known)!
    this.earlier.delete(known)
    const named = this.byName.get(removalTargetOf(known.family))!
    named.splice(named.indexOf(earlier), 1)
  }

  /** The families that a removal names. */
  named(removal: Removal): readonly InheritedFamily[] {
    // Many removals name one family: its name is put together once.
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
