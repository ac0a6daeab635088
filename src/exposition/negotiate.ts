import type { Format } from './formatter.js'
import { openMetrics, openMetrics001 } from './openmetrics/openmetrics.js'
import type { Dialect } from './text/dialect.js'
import { DialectFormatter } from './text/dialect-formatter.js'
import { text } from './text/text.js'

/**
 * The formats that a scrape may request; if it accepts two equally, the earlier one is used. A new format is a folder
 * beside `text`, and a line here.
 */
export const formats: readonly Format[] = [textFormat(openMetrics), textFormat(openMetrics001), textFormat(text)]

/** Parameters that distinguish formats of the same type; others, such as `charset`, are ignored. */
const significant = ['version', 'proto', 'encoding']

/**
 * Returns the content type of the answer: that with the highest `q` of the known formats in an Accept header.
 *
 * Never fails: a header without a known format, or one that accepts anything (as from curl and browsers), gets the
 * preferred format. An unknown version does not match another one.
 *
 * @param preferred the content type unless another one is requested
 * @param known the formats to choose from
 */
export function negotiate(accept: string | undefined, preferred = text.contentType, known = formats): string {
  const clauses = parseAccept(accept ?? '')
  let best = { contentType: preferred, quality: 0 }
  for (const { contentType } of known) {
    const quality = qualityOf(parseRange(contentType), clauses, contentType === preferred)
    if (quality > best.quality) best = { contentType, quality }
  }
  return best.contentType
}

interface Range {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Returns the `q` of a format in a header: that of the most specific matching clause. */
function qualityOf(format: Range, clauses: readonly (Range & { quality: number })[], preferred: boolean): number {
  let quality = 0
  let most = -1
  for (const clause of clauses) {
    const says = closeness(format, clause, preferred)
    if (says > most || (says === most && clause.quality > quality)) {
      most = says
      quality = clause.quality
    }
  }
  return most < 0 ? 0 : quality
}

/** Returns how specifically a clause names a format; below 0 if it names another one. */
function closeness(format: Range, { type, parameters }: Range, preferred: boolean): number {
  // A client that accepts anything requests no particular format.
  if (type === '*/*') return preferred ? 0 : -1
  if (type.endsWith('/*')) return format.type.startsWith(type.slice(0, -1)) ? 1 : -1
  if (type !== format.type) return -1
  let specificity = 2
  for (const name of significant) {
    const requestedValue = parameters.get(name)
    if (requestedValue === undefined) continue
    if (requestedValue !== format.parameters.get(name)) return -1
    specificity++
  }
  return specificity
}

/** Returns the clauses of an Accept header; skips invalid ones, which occur in practice. */
function parseAccept(header: string): readonly (Range & { quality: number })[] {
  return header.split(',').flatMap((clause) => {
    const range = parseRange(clause)
    const quality = range.parameters.get('q') ?? '1'
    if (!/^[^/\s]+\/[^/\s]+$/.test(range.type) || !/^(?:0(?:\.\d*)?|1(?:\.0*)?|\.\d+)$/.test(quality)) return []
    return [{ ...range, quality: Number(quality) }]
  })
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';')
  return {
    type: type.trim().toLowerCase(),
    parameters: new Map(
      parameters.map((parameter) => {
        const [name = '', value = ''] = parameter.split('=')
        return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')]
      }),
    ),
  }
}

/** Returns a text format as one that a scrape may ask for. */
export function textFormat(dialect: Dialect): Format {
  return {
    contentType: dialect.contentType,
    formatter: (defaultLabels, { created = () => true } = {}) =>
      new DialectFormatter({ ...dialect, created: dialect.created && created() }, defaultLabels),
  }
}
