import type { FamilyDescriptor } from '../model/descriptor.js'
import { refOf, type SeriesRef } from '../model/series-ref.js'

/*
 * Families made by hand, like those of a metric's definition.
 */

interface Common {
  readonly help?: string
  readonly unit?: string
  readonly labelNames?: readonly string[]
  readonly registry?: string
}

const common = { help: 'X.', labelNames: ['text'], registry: 'default' }

export function counterFamily(name: string, more: Common = {}): FamilyDescriptor<'counter'> {
  return { ...common, ...more, type: 'counter', name }
}

export function gaugeFamily(
  name: string,
  mode: FamilyDescriptor<'gauge'>['mode'],
  more: Common = {},
): FamilyDescriptor<'gauge'> {
  return { ...common, ...more, type: 'gauge', name, mode }
}

export function histogramFamily(
  name: string,
  bounds: readonly number[],
  more: Common = {},
): FamilyDescriptor<'histogram'> {
  return { ...common, ...more, type: 'histogram', name, bounds }
}

export const jobs = counterFamily('jobs_total')
export const seconds = histogramFamily('duration_seconds', [1, 10])
/** A summary whose median is of the last hour. */
export const lately: FamilyDescriptor<'summary'> = {
  ...common,
  type: 'summary',
  name: 'lately_seconds',
  quantiles: [0.5],
  window: { maxAgeSeconds: 3600, ageBuckets: 2, relativeError: 0.05 },
}

/** A series by its label values; null for a missing label. */
export function series(...labelValues: (string | null)[]): SeriesRef {
  return refOf(labelValues)
}

/** Label values as in a series key; null for a missing label. */
export function key(...values: (string | null)[]): string {
  return JSON.stringify(values)
}
