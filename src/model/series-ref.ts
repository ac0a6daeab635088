import { labelValuesOf, type SeriesKey } from './series-key.js'

/** The values of a series in the order of the (alphabetical) label names; null for a label that it lacks. */
export type LabelTexts = readonly (string | null)[]

/** A series of a family, as it is requested from a store. Its key is created only when it is written. */
export interface SeriesRef {
  /**
   * Its number in `numbersOf(family)`, where `family` is the descriptor that is passed along with the reference. 0 if
   * the caller has no number: the store then looks it up.
   */
  readonly number: number
  readonly labelValues: LabelTexts
}

/** Returns a reference to a series by its label values only. */
export function refOf(labelValues: LabelTexts): SeriesRef {
  return { number: 0, labelValues }
}

/** Returns a reference to the series of a key, as in a file. */
export function refOfKey(key: SeriesKey): SeriesRef {
  return refOf(labelValuesOf(key))
}
