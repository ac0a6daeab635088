import { extraDifference, rulesOf } from './layout/metric-types.js'
import type { GaugeMode, MetricType, StateSetMode } from './metric-type.js'
import type { SlidingWindow } from './sliding-window.js'

interface Extras {
  counter: object
  info: object
  unknown: object
  gauge: { readonly mode: GaugeMode }
  /** Finite upper bounds, ascending; `+Inf` is implied. */
  histogram: { readonly bounds: readonly number[] }
  /**
   * Quantiles in ascending order, none for sum and count alone. How far a shown one may be off, in proportion, or the window
   * that they are of.
   */
  summary:
    | { readonly quantiles: readonly number[]; readonly relativeError: number; readonly window?: never }
    | { readonly quantiles: readonly number[]; readonly relativeError?: never; readonly window: SlidingWindow }
  stateset: { readonly states: readonly string[]; readonly mode: StateSetMode }
}

/** What a family is, before it has any value. */
export type FamilyDescriptor<T extends MetricType = MetricType> = {
  [K in T]: {
    readonly type: K
    /** As the user wrote it: what text 0.0.4 prints. Formats that want `_total` or not adjust it themselves. */
    readonly name: string
    readonly help: string
    readonly unit?: string
    /** In alphabetical order, so that two processes that declare them in another order mean the same family. */
    readonly labelNames: readonly string[]
    /** The registry that the family belongs to: `default`, a registry's own name, or `~n` for a nameless one. */
    readonly registry: string
  } & Extras[K]
}[T]

/** Where families live that say nothing else. */
export const defaultRegistryName = 'default'

/** Where families live that processes read of each other, and that no scrape shows. No registry has the name. */
export const hiddenRegistryName = '~default labels'

const keys = new WeakMap<FamilyDescriptor, string>()

/** Two descriptors with the same key have values that can be added up; help may differ, and the newer one is shown. */
export function definitionKey(family: FamilyDescriptor): string {
  let key = keys.get(family)
  if (key === undefined) keys.set(family, (key = describeDefinition(family)))
  return key
}

function describeDefinition(family: FamilyDescriptor): string {
  const { type, name, registry, labelNames, unit = '' } = family
  return JSON.stringify([registry, name, type, unit, labelNames, rulesOf(family)?.extra?.(family) ?? ''])
}

/** One difference between two descriptors of the same name, in words, or undefined when their values can be added up. */
export function difference(a: FamilyDescriptor, b: FamilyDescriptor): string | undefined {
  if (a.type !== b.type) return `type ${a.type} and ${b.type}`
  if (a.labelNames.join() !== b.labelNames.join())
    return `label names [${a.labelNames.join(', ')}] and [${b.labelNames.join(', ')}]`
  if ((a.unit ?? '') !== (b.unit ?? '')) return `unit "${a.unit ?? ''}" and "${b.unit ?? ''}"`
  return extraDifference(a, b)
}
