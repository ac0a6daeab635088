import type { FamilyDescriptor } from '../descriptor.js'
import { checkQuantiles, checkRelativeError, QuantileSketch } from '../quantile-sketch.js'
import { addSlots, closeRecord, replaceRecord, type SlotLayout } from './slot-layout.js'
import { list, sameAs, type TypeRules } from './type-rules.js'

/** The offsets of a summary's slots from its first one. Merged, the sequence number is left out. */
export const summarySlots = { sequence: 0, sum: 1, count: 2, bins: 3 } as const

const sketches = new Map<number, QuantileSketch>()

/** The bins of a summary; undefined for one that shows no quantiles: it has none. */
export function sketchOf({ quantiles, relativeError }: FamilyDescriptor<'summary'>): QuantileSketch | undefined {
  if (quantiles.length === 0) return undefined
  let sketch = sketches.get(relativeError)
  if (sketch === undefined) sketches.set(relativeError, (sketch = new QuantileSketch(relativeError)))
  return sketch
}

/** `[sequence][sum][count][bin 0] …`; merged: `[sum][count][bin 0] …`. The bins only where quantiles are shown. */
export function summaryLayout(family: FamilyDescriptor<'summary'>): SlotLayout {
  if (!Array.isArray(family.quantiles)) throw new TypeError(`${family.name}: a summary of another version`)
  const mergedWidth = 2 + (sketchOf(family)?.bins ?? 0)
  return {
    width: mergedWidth + 1,
    mergedWidth,
    additiveFrom: summarySlots.sum,
    sequenced: true,
    keepsDead: true,
    perWriter: false,
    // A writer that was killed inside a record leaves it odd: sum, count and bins may differ by that one observation.
    claim: (area, at) => closeRecord(area.words, at),
    carry(into, intoAt, from, fromAt) {
      Atomics.add(into.words, intoAt * 2, 1)
      addSlots(into.values, intoAt + summarySlots.sum, from.values, fromAt + summarySlots.sum, mergedWidth)
      Atomics.add(into.words, intoAt * 2, 1)
    },
    replace: (into, intoAt, from, fromAt) => replaceRecord(into, intoAt, from, fromAt, mergedWidth + 1),
    combine: (into, intoAt, from, at) => addSlots(into, intoAt, from, at + summarySlots.sum, mergedWidth),
    present: () => true,
  }
}

/**
 * A quantile of the merged series that begins at `at`: of all that every process observed, within the relative error.
 * NaN when nothing was.
 */
export function quantileOf(family: FamilyDescriptor<'summary'>, slots: Float64Array, at: number, q: number): number {
  const only = slots[at + 1] === 1 ? slots[at] : undefined
  return sketchOf(family)?.quantile(slots, at + summarySlots.bins - 1, q, only) ?? Number.NaN
}

export const summaryType: TypeRules<'summary'> = {
  layout: summaryLayout,
  isCumulative: true,
  extra: ({ quantiles, relativeError }) => [quantiles, relativeError],
  difference(a, b) {
    const [one, other] = [a.quantiles.join(', '), b.quantiles.join(', ')]
    if (one !== other) return `quantiles [${one}] and [${other}]`
    if (a.relativeError === b.relativeError) return undefined
    return `relativeError ${a.relativeError} and ${b.relativeError}`
  },
  reservedLabels: () => ['quantile'],
  check({ name, quantiles, relativeError }) {
    sameAs(checkQuantiles(name, list(quantiles)), quantiles)
    checkRelativeError(name, relativeError ?? Number.NaN)
  },
  sampleNames: (name) => [name, `${name}_sum`, `${name}_count`],
  total: (slots, at) => ({ total: slots[at + 1]!, observed: slots[at]! }),
}
