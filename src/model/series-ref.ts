import { labelValuesOf, type SeriesKey } from './series-key.js'

/** The values of a series in the order of the (alphabetical) label names; null for a label that it lacks. */
export type LabelTexts = readonly (string | null)[]

/** A series of a family, as a store is asked for it: its key is made only where it is written down. */
export interface SeriesRef {
  /**
   * Its number in `numbersOf(family)`, where `family` is the descriptor that is passed along with the reference. 0 if the
   * caller does not hold a number: the store then looks it up.
   */
  readonly number: number
  readonly labelValues: LabelTexts
}

/** A reference to a series by its label values alone. */
export function refOf(labelValues: LabelTexts): SeriesRef {
  return { number: 0, labelValues }
}

/** A reference to the series of a key, such as a file contains it. */
export function refOfKey(key: SeriesKey): SeriesRef {
  return refOf(labelValuesOf(key))
}
