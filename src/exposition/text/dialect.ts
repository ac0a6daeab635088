import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SampleFamily } from '../../model/family.js'
import type { Arrangement } from './arrangement.js'

/** The HELP, TYPE and UNIT lines of a family. */
export type Heading = Pick<FamilyDescriptor, 'name' | 'help' | 'type' | 'unit'>

/** The differences of one text format. The formatter does the rest, and keeps the text from scrape to scrape. */
export interface Dialect {
  readonly contentType: string
  /** The name of a family, which may differ from that of its samples. */
  familyName(family: Heading): string
  /** The lines in front of a family's samples. */
  heading(family: Heading): string
  /** The name of a counter's sample. */
  counterName(name: string): string
  /** A bound as `le` and `quantile` spell it. */
  formatBound(bound: number): string
  /** The quantiles of a summary without observations; by default NaN. */
  readonly emptyQuantile?: number
  /** Whether a counter, histogram or summary shows its creation time. */
  readonly created: boolean
  /** Whether the name of a family's creation time is reserved, shown or not. */
  readonly keepsCreated: boolean
  readonly exemplars: boolean
  /** Whether a histogram with values below 0 has a sum: such a sum may decrease, which a counter may not. */
  readonly sumBelowZero: boolean
  /** Renames a family from a collector, and changes its type, if the format cannot show it otherwise. */
  conform(family: SampleFamily): readonly SampleFamily[]
  /** The text that ends an exposition. */
  readonly ending: string
  /** The order of families and series; by default by name and by label values. */
  readonly arrangement?: Arrangement
}
