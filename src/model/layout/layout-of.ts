import type { FamilyDescriptor } from '../descriptor.js'
import { gaugeModes } from '../metric-type.js'
import { counterLayout } from './counter.js'
import { gaugeLayout } from './gauge.js'
import { histogramLayout } from './histogram.js'
import { infoLayout } from './info.js'
import type { SlotLayout } from './slot-layout.js'
import { stateSetLayout } from './stateset.js'
import { summaryLayout } from './summary.js'

const known = new WeakMap<FamilyDescriptor, SlotLayout>()

/**
 * The layout of a family's series.
 *
 * @throws TypeError for what a later version may have written: slots of an unknown meaning are never read
 */
export function layoutOf(family: FamilyDescriptor): SlotLayout {
  let layout = known.get(family)
  if (layout === undefined) known.set(family, (layout = make(family)))
  return layout
}

function make(family: FamilyDescriptor): SlotLayout {
  switch (family.type) {
    case 'counter':
    case 'unknown':
      return counterLayout
    case 'gauge':
      if (!gaugeModes.includes(family.mode)) throw new TypeError(`${family.name}: a gauge of another version`)
      return gaugeLayout(family.mode)
    case 'histogram':
      return histogramLayout(family.bounds)
    case 'summary':
      return summaryLayout(family)
    case 'info':
      return infoLayout
    case 'stateset':
      return stateSetLayout(family)
    default:
      throw new TypeError(`${(family as FamilyDescriptor).name}: a metric of another version`)
  }
}
