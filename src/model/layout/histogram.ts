import { checkBounds } from '../bounds.js'
import { addSlots, closeRecord, replaceRecord, type SlotLayout } from './slot-layout.js'
import { list, sameAs, type TypeRules } from './type-rules.js'

/** The offsets of a histogram's slots from its first one. */
export const histogramSlots = { sequence: 0, sum: 1, buckets: 2 } as const

/**
 * `[sequence][sum][bucket 0] … [bucket +Inf]`; merged: `[sum][bucket 0] … [bucket +Inf]`.
 *
 * Buckets are not cumulative and there is no count: it is the sum of the buckets, so `_count` and `+Inf` cannot disagree.
 */
export function histogramLayout(bounds: readonly number[]): SlotLayout {
  const mergedWidth = bounds.length + 2
  return {
    width: mergedWidth + 1,
    mergedWidth,
    additiveFrom: histogramSlots.sum,
    sequenced: true,
    keepsDead: true,
    perWriter: false,
    // A writer that was killed inside a record leaves the number odd: its buckets are right, its sum may lack one
    // observation.
    claim: (area, at) => closeRecord(area.words, at),
    carry(into, intoAt, from, fromAt) {
      Atomics.add(into.words, intoAt * 2, 1)
      addSlots(into.values, intoAt + histogramSlots.sum, from.values, fromAt + histogramSlots.sum, mergedWidth)
      Atomics.add(into.words, intoAt * 2, 1)
    },
    replace: (into, intoAt, from, fromAt) => replaceRecord(into, intoAt, from, fromAt, mergedWidth + 1),
    combine: (into, intoAt, from, at) => addSlots(into, intoAt, from, at + histogramSlots.sum, mergedWidth),
    present: () => true,
  }
}

export const histogramType: TypeRules<'histogram'> = {
  layout: ({ bounds }) => histogramLayout(bounds),
  isCumulative: true,
  extra: ({ bounds }) => bounds,
  difference(a, b) {
    const [one, other] = [a.bounds.join(', '), b.bounds.join(', ')]
    return one === other ? undefined : `buckets [${one}] and [${other}]`
  },
  reservedLabels: () => ['le'],
  check: ({ name, bounds }) => sameAs(checkBounds(name, list(bounds)), bounds),
  sampleNames: (name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`],
  total(slots, at, { mergedWidth }) {
    let total = 0
    for (let i = 1; i < mergedWidth; i++) total += slots[at + i]!
    return { total, observed: slots[at]! }
  },
}
