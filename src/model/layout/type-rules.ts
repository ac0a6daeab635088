import type { FamilyDescriptor } from '../descriptor.js'
import type { MetricType } from '../metric-type.js'
import type { SlotLayout } from './slot-layout.js'

/** What shared code asks the type of a metric: each type answers in its own file. */
export interface TypeRules<T extends MetricType = MetricType> {
  /** Throws for a family of another version: slots of an unknown meaning are never read. */
  layout(family: FamilyDescriptor<T>): SlotLayout
  /** Whether its values are counts that only grow: they add up, and formats may show when they began. */
  readonly isCumulative: boolean
  /** What decides, beside the common part of a definition, how a series lies in its slots and how two become one. */
  extra?(family: FamilyDescriptor<T>): unknown
  /** One difference, in words, between what two families add to the common part; undefined if there is none. */
  difference?(a: FamilyDescriptor<T>, b: FamilyDescriptor<T>): string | undefined
  /** The label names that the type writes itself. */
  reservedLabels?(name: string): readonly string[]
  /** Throws for a descriptor that no metric of the type could have written. */
  check?(family: FamilyDescriptor<T>): void
  /** The names of the samples of a family in all formats together; the name alone if left out. */
  sampleNames?(name: string): readonly string[]
  /** What a merged series stands at, and the sum of what was observed; 0 if left out. */
  total?(slots: Float64Array, at: number, layout: SlotLayout): { readonly total: number; readonly observed?: number }
}

/** The name as the user wrote it, and as OpenMetrics does. */
export function withSuffix(name: string, suffix: string): readonly string[] {
  return name.endsWith(suffix) ? [name] : [name, `${name}${suffix}`]
}

/** Returns a list from outside; throws for anything else. */
export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError('no list')
}

/** Throws for numbers that a metric would have put in another order, or left out. */
export function sameAs(written: readonly number[], given: readonly number[]): void {
  if (written.length !== given.length || written.some((each, i) => each !== given[i]))
    throw new TypeError('another order')
}
