import type { LabelSet } from './label-set.js'

/** A labelled example of a count, usually the trace of one request. */
export interface Exemplar {
  readonly labels: LabelSet
  readonly value: number
  /** Unix seconds. */
  readonly timestamp?: number
}

/** The names that a label of an exemplar may have in the exposition. */
export const exemplarLabelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** Reads an external exemplar; returns undefined for one that no exposition can show. */
export function exemplarFrom(value: unknown): Exemplar | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { labels, value: number, timestamp } = value as Record<keyof Exemplar, unknown>
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels) || typeof number !== 'number')
    return undefined
  if (timestamp !== undefined && !Number.isFinite(timestamp)) return undefined
  const named = Object.entries(labels).every(([name, text]) => exemplarLabelName.test(name) && typeof text === 'string')
  return named ? (value as Exemplar) : undefined
}

/** The maximum length of an exemplar's names and values together, in code points (OpenMetrics 1.0). */
export const longestExemplar = 128

/** Whether the labels of an exemplar are short enough to be shown. */
export function fitsExemplar(labels: LabelSet): boolean {
  let length = 0
  for (const [name, value] of Object.entries(labels)) length += [...name, ...String(value)].length
  return length <= longestExemplar
}
