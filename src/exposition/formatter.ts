import type { Family } from '../model/family.js'
import type { LabelSet } from '../model/label-set.js'
import type { Pause } from '../model/pause.js'

/** Writes families as chunks of bytes. It may cache text from one scrape to the next. */
export interface Formatter {
  /** The `Content-Type` header of an exposition in this format. */
  readonly contentType: string
  /** Whether an exposition is text in UTF-8. `Registry.metrics()` returns only such formats. */
  readonly isText: boolean
  /** Whether the format shows exemplars. */
  readonly exemplars: boolean
  /** Writes an exposition. Its chunks stay valid after the families have changed. */
  format(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]>
  /** Writes only the families, without the beginning and the end of an exposition. */
  formatPart(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]>
}

/** The options of all formats. */
export interface FormatOptions {
  /** Whether formats that can show the creation time of a series do so. */
  readonly created?: () => boolean
}

/** A format that a scrape may request: a line in `negotiate.ts`. */
export interface Format {
  readonly contentType: string
  /** @param defaultLabels labels of every series that has no label of that name */
  formatter(defaultLabels: LabelSet, options?: FormatOptions): Formatter
}
