import { openMetrics } from '../../src/exposition/openmetrics/openmetrics.js'
import { DialectFormatter } from '../../src/exposition/text/dialect-formatter.js'
import { text } from '../../src/exposition/text/text.js'
import type { LabelSet } from '../../src/model/label-set.js'

/** A formatter of text format 0.0.4. */
export function textFormatter(defaultLabels?: LabelSet): DialectFormatter {
  return new DialectFormatter(text, defaultLabels)
}

/** A formatter of OpenMetrics 1.0. */
export function openMetricsFormatter(defaultLabels?: LabelSet): DialectFormatter {
  return new DialectFormatter(openMetrics, defaultLabels)
}
