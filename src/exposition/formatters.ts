import type { LabelSet } from '../model/label-set.js'
import { type FormatOptions, formatOf, negotiate } from './negotiate.js'
import type { DialectFormatter } from './text/dialect-formatter.js'

/** A formatter per format, each made when it is first asked for: it keeps what it wrote from scrape to scrape. */
export class Formatters {
  private readonly made = new Map<string, DialectFormatter>()

  /** @param defaultLabels written on every series that has no label of that name */
  constructor(
    private readonly defaultLabels: LabelSet = {},
    private readonly options: FormatOptions = {},
  ) {}

  /** The formatter of a content type; nothing for one that is not written here. */
  of(contentType: string): DialectFormatter | undefined {
    let formatter = this.made.get(contentType)
    if (formatter === undefined) {
      formatter = formatOf(contentType)?.formatter(this.defaultLabels, this.options)
      if (formatter !== undefined) this.made.set(contentType, formatter)
    }
    return formatter
  }

  /** The content type to answer an Accept header with. */
  negotiate(accept: string | undefined, preferred: string): string {
    return negotiate(accept, preferred)
  }
}
