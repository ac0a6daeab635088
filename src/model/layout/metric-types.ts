import type { FamilyDescriptor } from '../descriptor.js'
import type { MetricType } from '../metric-type.js'
import { counterType, unknownType } from './counter.js'
import { gaugeType } from './gauge.js'
import { histogramType } from './histogram.js'
import { infoType } from './info.js'
import { stateSetType } from './stateset.js'
import { summaryType } from './summary.js'
import type { TypeRules } from './type-rules.js'

const types: { readonly [T in MetricType]: TypeRules<T> } = {
  counter: counterType,
  gauge: gaugeType,
  histogram: histogramType,
  summary: summaryType,
  info: infoType,
  stateset: stateSetType,
  unknown: unknownType,
}

/** Returns the rules of a family's type; undefined for a type of another version. */
export function rulesOf<T extends MetricType>({ type }: { readonly type: T }): TypeRules<T> | undefined {
  return Object.hasOwn(types, type) ? types[type] : undefined
}

/** Whether the values of a type are counts that only grow. */
export function isCumulative(type: string): boolean {
  return rulesOf({ type: type as MetricType })?.isCumulative === true
}

/** Describes one difference between what both families add to the common part, if they have the same type. */
export function extraDifference(a: FamilyDescriptor, b: FamilyDescriptor): string | undefined {
  return a.type === b.type ? rulesOf(a)?.difference?.(a, b) : undefined
}
