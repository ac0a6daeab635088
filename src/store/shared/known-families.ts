import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { SeriesKey } from '../../model/series-key.js'
import { type Removal, removalTargetOf } from '../removal-index.js'
import { adopted, type KnownFamily } from './inheritance.js'

/** Forgets a series of a family, and gives it. */
export function takeSeries({ family, index, series }: KnownFamily, number: number): RemovedSeries {
  const slot = series.slotOf(number)!
  return { family, index, slot, key: series.takeNumber(number), width: layoutOf(family).width }
}

/** A series that was removed. */
export interface RemovedSeries {
  readonly family: FamilyDescriptor
  /** Number of the family in the series file. */
  readonly index: number
  readonly key: SeriesKey
  readonly slot: number
  readonly width: number
}

/** The families in a writer's series file, and their series. */
export class KnownFamilies {
  private readonly byDefinition = new Map<string, KnownFamily>()
  /** By registry and name: several definitions may have one. */
  private readonly byName = new Map<string, KnownFamily[]>()

  get(family: FamilyDescriptor): KnownFamily | undefined {
    return this.byDefinition.get(definitionKey(family))
  }

  add(known: KnownFamily): void {
    this.byDefinition.set(definitionKey(known.family), known)
    const id = removalTargetOf(known.family)
    const others = this.byName.get(id)
    if (others === undefined) this.byName.set(id, [known])
    else others.push(known)
  }

  /** The first slot of a series, which a metric of this process counts in from now on. */
  slotOf(family: FamilyDescriptor, key: SeriesKey): number | undefined {
    return adopted(this.get(family), family)?.series.get(key)
  }

  /** The families that a removal names. */
  named(removal: Removal): readonly KnownFamily[] {
    return this.byName.get(removalTargetOf(removal)) ?? []
  }

  [Symbol.iterator](): Iterator<KnownFamily> {
    return this.byDefinition.values()
  }
}
