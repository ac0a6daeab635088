import type { FamilyDescriptor } from './descriptor.js'

/**
 * What the samples of a family are called, in all formats together: two families that share one would be shown as series
 * of the same name. The `_created` of OpenMetrics is not among them: it is not a chosen name.
 *
 * @example sampleNames({ type: 'histogram', name: 'seconds' }) // ['seconds_bucket', 'seconds_sum', 'seconds_count']
 */
export function sampleNames({ type, name }: Pick<FamilyDescriptor, 'type' | 'name'>): readonly string[] {
  switch (type) {
    case 'counter':
      return withSuffix(name, '_total')
    case 'info':
      return withSuffix(name, '_info')
    case 'histogram':
      return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    case 'summary':
      return [name, `${name}_sum`, `${name}_count`]
    default:
      return [name]
  }
}

/** As the user wrote it, and as OpenMetrics does. */
function withSuffix(name: string, suffix: string): readonly string[] {
  return name.endsWith(suffix) ? [name] : [name, `${name}${suffix}`]
}
