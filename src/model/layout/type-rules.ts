import type { FamilyDescriptor } from '../descriptor.js'
import type { MetricType } from '../metric-type.js'
import type { SlotLayout } from './slot-layout.js'

/** The rules of a metric type for shared code. Each type implements them in its own file. */
export interface TypeRules<T extends MetricType = MetricType> {
  /** Throws for a family of another version, because slots with an unknown meaning are never read. */
  layout(family: FamilyDescriptor<T>): SlotLayout
  /** Whether its values are counts that only grow: they are summed, and formats may show when they began. */
  readonly isCumulative: boolean
  /** Returns what determines the layout and the merging of series, in addition to the common part of a definition. */
  extra?(family: FamilyDescriptor<T>): unknown
  /** Describes one difference between what two families add to the common part; undefined if there is none. */
  difference?(a: FamilyDescriptor<T>, b: FamilyDescriptor<T>): string | undefined
  /** Returns the label names that the type writes itself. */
  reservedLabels?(name: string): readonly string[]
  /** Throws for a descriptor that no metric of the type could have written. */
  check?(family: FamilyDescriptor<T>): void
  /** Returns the sample names of a family in all formats together; by default, only its name. */
  sampleNames?(name: string): readonly string[]
  /** Returns the value of a merged series, and the sum of observations; by default 0. */
  total?(slots: Float64Array, at: number, layout: SlotLayout): { readonly total: number; readonly observed?: number }
}

/** Returns the name as the application wrote it, and as OpenMetrics writes it. */
export function withSuffix(name: string, suffix: string): readonly string[] {
  return name.endsWith(suffix) ? [name] : [name, `${name}${suffix}`]
}

/** Returns an external list; throws for anything else. */
export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError('no list')
}

/** Throws for numbers that a metric would have ordered differently, or omitted. */
export function sameAs(normalized: readonly number[], numbers: readonly number[]): void {
  if (normalized.length !== numbers.length || normalized.some((each, i) => each !== numbers[i]))
    throw new TypeError('another order')
}
