import type { LabelSet } from '../model/label-set.js'
import type { Format, FormatOptions, Formatter } from './formatter.js'
import { formats, negotiate } from './negotiate.js'

/** One formatter per format, created at its first use; each may cache text from scrape to scrape. */
export class Formatters {
  private readonly made = new Map<string, Formatter>()

  /**
   * @param defaultLabels labels of every series that has no label of that name
   * @param known the formats to choose from; if a scrape accepts two equally, the earlier one is used
   */
  constructor(
    private readonly defaultLabels: LabelSet = {},
    private readonly options: FormatOptions = {},
    private readonly known: readonly Format[] = formats,
  ) {}

  /** Returns the formatter of a content type; undefined if no format has it. */
  of(contentType: string): Formatter | undefined {
    let formatter = this.made.get(contentType)
    if (formatter === undefined) {
      const format = this.known.find((each) => each.contentType === contentType)
      formatter = format?.formatter(this.defaultLabels, this.options)
      if (formatter !== undefined) this.made.set(contentType, formatter)
    }
    return formatter
  }

  /**
   * Returns the formatter to answer an Accept header with.
   *
   * @param preferred the content type to write unless the header requests another one
   */
  negotiate(accept: string | undefined, preferred: string): Formatter {
    return this.of(negotiate(accept, preferred, this.known))!
  }
}
