import { Formatters } from '../../exposition/formatters.js'
import { textFormat } from '../../exposition/negotiate.js'
import { conform } from '../../exposition/openmetrics/conform.js'
import { openMetrics, openMetrics001 } from '../../exposition/openmetrics/openmetrics.js'
import type { Dialect, Heading } from '../../exposition/text/dialect.js'
import { escapeLabelValue } from '../../exposition/text/escape.js'
import { formatNumber } from '../../exposition/text/number.js'
import { text } from '../../exposition/text/text.js'
import type { LabelSet } from '../../model/label-set.js'
import { arrangement } from './arrangement.js'

/** Text format 0.0.4 as the client writes it. */
const clientText: Dialect = {
  ...text,
  emptyQuantile: 0,
  arrangement: arrangement('\n', '\n'),
}

/** What the client writes differently from promhive in OpenMetrics. */
const asClient = {
  heading(this: Dialect, family: Heading): string {
    const name = this.familyName(family)
    return `# HELP ${name} ${escapeLabelValue(family.help)}\n# TYPE ${name} ${family.type}\n`
  },
  formatBound: formatNumber,
  emptyQuantile: 0,
  created: false,
  conform: (family) => conform(family, formatNumber),
  arrangement: arrangement('', openMetrics.ending),
} satisfies Partial<Dialect>

const dialects = [{ ...openMetrics, ...asClient }, { ...openMetrics001, ...asClient }, clientText]
const formats = dialects.map(textFormat)

/** The formats of a registry of the client. */
export function clientFormatters(defaultLabels: LabelSet): Formatters {
  return new Formatters(defaultLabels, {}, formats)
}

/** Parts of an exposition as a whole one. */
export function joined(parts: readonly string[], contentType: string): string {
  const { arrangement, ending } = dialectOf(contentType)
  return `${parts.join(arrangement?.between)}${ending}`
}

/** An exposition without families. */
export function emptyText(contentType: string): string {
  return dialectOf(contentType).arrangement!.empty
}

function dialectOf(contentType: string): Dialect {
  return dialects.find((dialect) => dialect.contentType === contentType)!
}
