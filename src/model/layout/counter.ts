import { addSlots, type SlotLayout } from './slot-layout.js'
import { type TypeRules, withSuffix } from './type-rules.js'

/** `[total]`. The next owner of a seat continues from it. */
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

/** The series of a seat counts on from that of its previous owner, so the sum over all writers never goes back. */
const perWriterLayout: SlotLayout = { ...counterLayout, perWriter: true }

export const counterType: TypeRules<'counter'> = {
  layout: ({ perWriter }) => (perWriter === true ? perWriterLayout : counterLayout),
  isCumulative: true,
  extra: ({ perWriter }) => perWriter && 'perWriter',
  difference(a, b) {
    const seriesText = ({ perWriter }: typeof a) => (perWriter ? 'a series per worker' : 'one series of all workers')
    return a.perWriter === b.perWriter ? undefined : `${seriesText(a)} and ${seriesText(b)}`
  },
  check({ perWriter }) {
    if (perWriter !== undefined && perWriter !== true) throw new TypeError('perWriter of another version')
  },
  sampleNames: (name) => withSuffix(name, '_total'),
  total: (slots, at) => ({ total: slots[at]! }),
}

/** A number without a known type, stored like a counter. */
export const unknownType: TypeRules<'unknown'> = { layout: () => counterLayout, isCumulative: false }
