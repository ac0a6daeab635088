import type { FamilyDescriptor } from './descriptor.js'
import { checkLabelNames } from './label-set.js'
import { layoutOf } from './layout/layout-of.js'
import { rulesOf } from './layout/metric-types.js'
import { checkMetricName } from './metric-name.js'

/** Characters that a registry's name must not have, because they would reach terminals and logs. */
const control = /\p{Cc}/u
const legalUnit = /^[\w:]*$/

/**
 * Checks an external descriptor (from a file, Redis or a snapshot) by the rules of the metrics that write descriptors.
 *
 * @returns the descriptor; undefined for one that no metric could have written, and for a type of a later version
 */
export function descriptorFrom(value: unknown): FamilyDescriptor | undefined {
  try {
    return checked(value as FamilyDescriptor)
  } catch {
    return undefined
  }
}

/** The same for a JSON text. */
export function descriptorFromJson(json: string): FamilyDescriptor | undefined {
  try {
    return descriptorFrom(JSON.parse(json))
  } catch {
    return undefined
  }
}

function checked(family: FamilyDescriptor): FamilyDescriptor | undefined {
  const { name, help, unit, registry, labelNames } = family
  const rules = rulesOf(family)
  checkMetricName(name)
  if (typeof help !== 'string' || typeof registry !== 'string' || control.test(registry)) return undefined
  // Formats show the unit only if the name ends with it.
  if (unit !== undefined && !(typeof unit === 'string' && legalUnit.test(unit))) return undefined
  const names = checkLabelNames(name, labelNames, rules?.reservedLabels?.(name))
  // The label values of series have the order of the names, so an unsorted list would assign them to other labels.
  if (!Array.isArray(labelNames) || names.some((label, i) => label !== labelNames[i])) return undefined
  // The layout checks the mode.
  rules?.check?.(family)
  // Throws for a type of a later version.
  return layoutOf(family).width > 0 ? family : undefined
}
