import type { LabelSet } from './label-set.js'

/** A labelled example of what was counted: usually the trace of one request. */
export interface Exemplar {
  readonly labels: LabelSet
  readonly value: number
  /** Unix seconds. */
  readonly timestamp?: number
}

/** Longest label set of an exemplar, names and values together, in code points: OpenMetrics 1.0. */
export const longestExemplar = 128

/** Whether the labels of an exemplar are short enough to be shown. */
export function fitsExemplar(labels: LabelSet): boolean {
  let length = 0
  for (const [name, value] of Object.entries(labels)) length += [...name, ...String(value)].length
  return length <= longestExemplar
}
