import { checkBounds } from './bounds.js'
import type { FamilyDescriptor } from './descriptor.js'
import { checkLabelNames } from './label-set.js'
import { layoutOf } from './layout/layout-of.js'
import { checkMetricName } from './metric-name.js'
import { checkQuantiles, checkRelativeError } from './quantile-sketch.js'
import { checkStates } from './states.js'

/** Characters that no name of a registry needs: they would reach terminals and logs. */
const control = /\p{Cc}/u
const legalUnit = /^[\w:]*$/

/**
 * Checks a descriptor that came from outside (a file, Redis, a snapshot) by the rules of the metrics that write descriptors.
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
  checkMetricName(name)
  if (typeof help !== 'string' || typeof registry !== 'string' || control.test(registry)) return undefined
  // Formats show it only where the name ends with it.
  if (unit !== undefined && !(typeof unit === 'string' && legalUnit.test(unit))) return undefined
  const names = checkLabelNames(name, labelNames, reservedBy(family))
  // Series are in the order of the names: in another one their values would be another label's.
  if (!Array.isArray(labelNames) || names.some((label, i) => label !== labelNames[i])) return undefined
  checkExtras(family)
  // Throws for a type of a later version.
  return layoutOf(family).width > 0 ? family : undefined
}

function reservedBy({ type, name }: FamilyDescriptor): readonly string[] {
  if (type === 'histogram') return ['le']
  if (type === 'summary') return ['quantile']
  return type === 'stateset' ? [name] : []
}

/** Throws for what does not fit the type; layouts check modes. */
function checkExtras(family: FamilyDescriptor): void {
  const { name } = family
  if (family.type === 'histogram') sameAs(checkBounds(name, list(family.bounds)), family.bounds)
  else if (family.type === 'stateset') checkStates(name, family.states)
  else if (family.type === 'summary') {
    sameAs(checkQuantiles(name, list(family.quantiles)), family.quantiles)
    checkRelativeError(name, family.relativeError ?? Number.NaN)
  }
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError('no list')
}

/** Throws for numbers that a metric would have put in another order, or left out. */
function sameAs(written: readonly number[], given: readonly number[]): void {
  if (written.length !== given.length || written.some((each, i) => each !== given[i]))
    throw new TypeError('another order')
}
