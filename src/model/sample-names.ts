import type { FamilyDescriptor } from './descriptor.js'
import { rulesOf } from './layout/metric-types.js'

/**
 * What the samples of a family are called, in all formats together: two families that share one would be shown as series
 * of the same name. The `_created` of OpenMetrics is not among them: it is not a chosen name.
 *
 * @example sampleNames({ type: 'histogram', name: 'seconds' }) // ['seconds_bucket', 'seconds_sum', 'seconds_count']
 */
export function sampleNames({ type, name }: Pick<FamilyDescriptor, 'type' | 'name'>): readonly string[] {
  return rulesOf({ type })?.sampleNames?.(name) ?? [name]
}
