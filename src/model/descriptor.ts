import { extraDifference, rulesOf } from './layout/metric-types.js'
import type { GaugeMode, MetricType, StateSetMode } from './metric-type.js'
import type { SlidingWindow } from './sliding-window.js'

interface Extras {
  /** With `perWriter`, each writer has a series of its own, with the label of writers. */
  counter: { readonly perWriter?: true }
  info: object
  unknown: object
  /**
   * `processLabel` is the label of the processes, if the writer itself has set it for a mode that shows each process:
   * Python's client does.
   */
  gauge: { readonly mode: GaugeMode; readonly processLabel?: 'pid' }
  /**
   * Finite upper bounds, ascending; `+Inf` is implied. With `floatBounds`, every format spells them as Python does, `1.0`
   * instead of `1`.
   */
  histogram: { readonly bounds: readonly number[]; readonly floatBounds?: true }
  /**
   * Quantiles in ascending order, none for sum and count only. The maximum relative error of a shown quantile, or the
   * window of which they are.
   */
  summary:
    | { readonly quantiles: readonly number[]; readonly relativeError: number; readonly window?: never }
    | { readonly quantiles: readonly number[]; readonly relativeError?: never; readonly window: SlidingWindow }
  stateset: { readonly states: readonly string[]; readonly mode: StateSetMode }
}

/** The definition of a family, without its values. */
export type FamilyDescriptor<T extends MetricType = MetricType> = {
  [K in T]: {
    readonly type: K
    /**
     * The name as the application wrote it, and as text 0.0.4 prints it. Formats that require or forbid `_total` adjust
     * it themselves.
     */
    readonly name: string
    readonly help: string
    readonly unit?: string
    /** In alphabetical order, so that the order of declaration does not matter. */
    readonly labelNames: readonly string[]
    /** The registry of the family: `default`, the name of a registry, or `~n` for a nameless one. */
    readonly registry: string
  } & Extras[K]
}[T]

/** The registry of families by default. */
export const defaultRegistryName = 'default'

/** The registry of families that processes share and no scrape shows. No registry can have this name. */
export const hiddenRegistryName = '~default labels'

const keys = new WeakMap<FamilyDescriptor, string>()

/**
 * Returns a key: the values of two descriptors with the same key can be merged. Their help may differ, and the newer
 * one is shown.
 */
export function definitionKey(family: FamilyDescriptor): string {
  let key = keys.get(family)
  if (key === undefined) keys.set(family, (key = describeDefinition(family)))
  return key
}

function describeDefinition(family: FamilyDescriptor): string {
  const { type, name, registry, labelNames, unit = '' } = family
  return JSON.stringify([registry, name, type, unit, labelNames, rulesOf(family)?.extra?.(family) ?? ''])
}

/** Describes one difference between two descriptors of the same name; returns undefined if their values can be merged. */
export function difference(a: FamilyDescriptor, b: FamilyDescriptor): string | undefined {
  if (a.type !== b.type) return `type ${a.type} and ${b.type}`
  if (a.labelNames.join() !== b.labelNames.join())
    return `label names [${a.labelNames.join(', ')}] and [${b.labelNames.join(', ')}]`
  if ((a.unit ?? '') !== (b.unit ?? '')) return `unit "${a.unit ?? ''}" and "${b.unit ?? ''}"`
  return extraDifference(a, b)
}
