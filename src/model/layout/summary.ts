import type { FamilyDescriptor } from '../descriptor.js'
import { checkQuantiles, checkRelativeError, QuantileSketch } from '../quantile-sketch.js'
import { checkWindow, checkWindowSize } from '../sliding-window.js'
import { addSlots, closeRecord, replaceRecord, type SlotLayout } from './slot-layout.js'
import { list, sameAs, type TypeRules } from './type-rules.js'
import { WindowRing } from './window-ring.js'
import { windowedLayout } from './windowed-summary.js'

/** The offsets of a summary's slots from its first one. Merged, there is no sequence number. */
export const summarySlots = { sequence: 0, sum: 1, count: 2, bins: 3 } as const

const sketches = new Map<number, QuantileSketch>()

/** The bins of a summary; undefined for one that shows no quantiles: it has none. */
export function sketchOf({
  quantiles,
  relativeError,
  window,
}: FamilyDescriptor<'summary'>): QuantileSketch | undefined {
  if (quantiles.length === 0) return undefined
  const error = window === undefined ? relativeError : window.relativeError
  let sketch = sketches.get(error)
  if (sketch === undefined) sketches.set(error, (sketch = new QuantileSketch(error)))
  return sketch
}

const rings = new WeakMap<FamilyDescriptor, WindowRing>()

/** The ring of sketches of a summary; undefined for one whose quantiles are of everything observed. */
export function ringOf(family: FamilyDescriptor<'summary'>): WindowRing | undefined {
  const sketch = sketchOf(family)
  if (family.window === undefined || sketch === undefined) return undefined
  let ring = rings.get(family)
  if (ring === undefined) rings.set(family, (ring = new WindowRing(family.window, sketch)))
  return ring
}

/**
 * `[sequence][sum][count][bin 0] …`; merged: `[sum][count][bin 0] …`. The bins only where quantiles are shown. With a window,
 * see `windowedLayout`.
 */
export function summaryLayout(family: FamilyDescriptor<'summary'>): SlotLayout {
  if (!Array.isArray(family.quantiles)) throw new TypeError(`${family.name}: a summary of another version`)
  const bins = sketchOf(family)?.bins ?? 0
  const ring = ringOf(family)
  if (ring !== undefined) return windowedLayout(ring, bins)
  const mergedWidth = 2 + bins
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
 * A quantile of the merged series that begins at `at`: of all that every process observed, or did in the window, within the
 * relative error. NaN when nothing was.
 */
export function quantileOf(family: FamilyDescriptor<'summary'>, slots: Float64Array, at: number, q: number): number {
  const only = slots[at + 1] === 1 ? slots[at] : undefined
  return sketchOf(family)?.quantile(slots, at + summarySlots.bins - 1, q, only) ?? Number.NaN
}

export const summaryType: TypeRules<'summary'> = {
  layout: summaryLayout,
  isCumulative: true,
  extra: ({ quantiles, relativeError, window }) =>
    window === undefined
      ? [quantiles, relativeError]
      : [quantiles, window.relativeError, window.maxAgeSeconds, window.ageBuckets],
  difference(a, b) {
    const [one, other] = [a.quantiles.join(', '), b.quantiles.join(', ')]
    if (one !== other) return `quantiles [${one}] and [${other}]`
    for (const option of ['maxAgeSeconds', 'ageBuckets'] as const) {
      const [mine, its] = [a.window?.[option], b.window?.[option]]
      if (mine !== its) return `${option} ${mine ?? 'omitted'} and ${its ?? 'omitted'}`
    }
    const [error, another] = [a, b].map(({ relativeError, window }) => window?.relativeError ?? relativeError)
    return error === another ? undefined : `relativeError ${error} and ${another}`
  },
  reservedLabels: () => ['quantile'],
  check({ name, quantiles, relativeError, window }) {
    sameAs(checkQuantiles(name, list(quantiles)), quantiles)
    const error = window === undefined ? relativeError : window.relativeError
    checkRelativeError(name, error ?? Number.NaN)
    if (window === undefined) return
    // Without quantiles there is nothing to keep in a window.
    if (relativeError !== undefined || quantiles.length === 0) throw new TypeError('a window of another version')
    checkWindow(name, window.maxAgeSeconds ?? Number.NaN, window.ageBuckets ?? Number.NaN)
    checkWindowSize(name, window)
  },
  sampleNames: (name) => [name, `${name}_sum`, `${name}_count`],
  total: (slots, at) => ({ total: slots[at + 1]!, observed: slots[at]! }),
}
