import type { SlotLayout } from './slot-layout.js'
import { type TypeRules, withSuffix } from './type-rules.js'

/**
 * `[epoch]`: the owner of the seat that set these labels. Those of a dead owner are not shown, and a new owner sets its
 * own.
 *
 * Merged: `[1 when present][1]`, once for all living writers with the same labels.
 */
export const infoLayout: SlotLayout = {
  width: 1,
  mergedWidth: 2,
  additiveFrom: undefined,
  sequenced: false,
  keepsDead: false,
  perWriter: false,
  claim({ values }, at, epoch) {
    values[at] = epoch
  },
  // Nothing to move: the value is set by claiming the series in the new store.
  carry() {},
  replace() {},
  combine(into, intoAt, from, at, owner) {
    if (from[at] !== owner.epoch) return
    into[intoAt] = 1
    into[intoAt + 1] = 1
  },
  present: (merged, at) => merged[at] !== 0,
}

export const infoType: TypeRules<'info'> = {
  layout: () => infoLayout,
  isCumulative: false,
  sampleNames: (name) => withSuffix(name, '_info'),
}
