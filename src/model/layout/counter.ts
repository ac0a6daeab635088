import { addSlots, type SlotLayout } from './slot-layout.js'

/** `[total]`. The next owner of a seat counts on from it. */
export const counterLayout: SlotLayout = {
  width: 1,
  mergedWidth: 1,
  additiveFrom: 0,
  sequenced: false,
  keepsDead: true,
  perWriter: false,
  claim() {},
  carry: (into, intoAt, from, fromAt) => addSlots(into.values, intoAt, from.values, fromAt, 1),
  replace(into, intoAt, from, fromAt) {
    into.values[intoAt] = from.values[fromAt]!
  },
  combine: (into, intoAt, from, at) => addSlots(into, intoAt, from, at, 1),
  present: () => true,
}
