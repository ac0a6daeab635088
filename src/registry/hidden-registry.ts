import type { MetricRegistry } from '../metric/context.js'
import { hiddenRegistryName } from '../model/descriptor.js'
import type { FamilyTable } from '../model/family.js'
import { labelValuesOf } from '../model/series-key.js'

/** The registry of metrics that processes publish for each other, and that no scrape shows. */
export function hiddenRegistry(context: MetricRegistry['context']): MetricRegistry {
  return { registryName: hiddenRegistryName, prefix: '', context, registerMetric() {} }
}

/**
 * The label values of each series of a hidden family, in alphabetical order of their names.
 *
 * @param hidden the families that no scrape shows
 */
export function hiddenSeries(hidden: readonly FamilyTable[], family: string): (readonly (string | null)[])[] {
  const table = hidden.find((each) => each.family.name === family)
  if (table === undefined) return []
  const { layout, slots, bases, keys } = table
  const rows = [...table.order].filter((row) => layout.present(slots, bases[row]!))
  return rows.map((row) => labelValuesOf(keys[row]!))
}
