import type { FamilyDescriptor } from './descriptor.js'
import { rulesOf } from './layout/metric-types.js'

/**
 * Returns the sample names of a family in all formats together: two families that share one would be shown as series of
 * the same name. OpenMetrics' `_created` is not included, because the application does not choose that name.
 *
 * @example sampleNames({ type: 'histogram', name: 'seconds' }) // ['seconds_bucket', 'seconds_sum', 'seconds_count']
 */
export function sampleNames({ type, name }: Pick<FamilyDescriptor, 'type' | 'name'>): readonly string[] {
  return rulesOf({ type })?.sampleNames?.(name) ?? [name]
}
