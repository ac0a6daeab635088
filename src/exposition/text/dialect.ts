import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SampleFamily } from '../../model/family.js'
import type { Arrangement } from './arrangement.js'

/** The HELP, TYPE and UNIT lines of a family. */
export type Heading = Pick<FamilyDescriptor, 'name' | 'help' | 'type' | 'unit'>

/** What one text format does its own way. All else, and all that is kept from scrape to scrape, is the formatter's. */
export interface Dialect {
  readonly contentType: string
  /** What a family is called, where its samples may be called otherwise. */
  familyName(family: Heading): string
  /** The lines in front of a family's samples. */
  heading(family: Heading): string
  /** What the value of a counter is called. */
  counterName(name: string): string
  /** A bound as `le` and `quantile` spell it. */
  formatBound(bound: number): string
  /** The quantiles of a summary without observations; by default NaN. */
  readonly emptyQuantile?: number
  /** Whether a counter, histogram or summary shows when it began. */
  readonly created: boolean
  /** Whether the name of when a family began is its own, shown or not. */
  readonly keepsCreated: boolean
  readonly exemplars: boolean
  /** Whether a histogram of values below 0 has a sum: it may go down, as no counter may. */
  readonly sumBelowZero: boolean
  /** A family from a collector, under names and types that this format can show. */
  conform(family: SampleFamily): readonly SampleFamily[]
  /** What ends an exposition. */
  readonly ending: string
  /** The order of families and series; by default by name and by label values. */
  readonly arrangement?: Arrangement
}
