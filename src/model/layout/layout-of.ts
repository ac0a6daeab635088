import type { FamilyDescriptor } from '../descriptor.js'
import { rulesOf } from './metric-types.js'
import type { SlotLayout } from './slot-layout.js'

const known = new WeakMap<FamilyDescriptor, SlotLayout>()

/**
 * Returns the layout of a family's series.
 *
 * @throws TypeError for a type of a later version: slots with an unknown meaning are never read
 */
export function layoutOf(family: FamilyDescriptor): SlotLayout {
  let layout = known.get(family)
  if (layout === undefined) known.set(family, (layout = make(family)))
  return layout
}

function make(family: FamilyDescriptor): SlotLayout {
  const rules = rulesOf(family)
  if (rules === undefined) throw new TypeError(`${family.name}: a metric of another version`)
  return rules.layout(family)
}
