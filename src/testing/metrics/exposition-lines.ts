import { MetricsError } from '../../model/errors.js'
import { sampleEndings } from '../../model/family.js'
import { describe } from '../../model/metric-name.js'

/** A sample, or a line of HELP or TYPE. */
export interface ExpositionLine {
  readonly family: string
  /** Its key: `# TYPE jobs_total`, or a sample with its labels in alphabetical order. */
  readonly identity: string
  /** Its value; `*` of a sample is any value. */
  readonly value: string | number
}

const heading = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*)\s*(.*)$/
const sample = /^([a-zA-Z_:][\w:]*)(?:\s*\{(.*)\}\s*|\s+)(\S+)$/
const label = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)\s*/gy

/**
 * Parses text 0.0.4, in its order. Other comments, empty lines and the spaces around a line are ignored.
 *
 * @param families names of families that may be without a TYPE in the text: their samples belong to them
 * @throws MetricsError `EXPECTED_INVALID` naming the line that is invalid, or a duplicate
 */
export function expositionLines(text: string, families: Iterable<string> = []): ReadonlyMap<string, ExpositionLine> {
  const numbered = text.split('\n').map((line, i): NumberedLine => ({ text: line.trim(), number: i + 1 }))
  const named = new Set([...families, ...numbered.flatMap(({ text }) => heading.exec(text)?.[2] ?? [])])
  const found = new Map<string, ExpositionLine>()
  for (const line of numbered) {
    const parsed = parseHeading(line) ?? parseSample(line, named)
    if (parsed === undefined) continue
    if (found.has(parsed.identity)) throw invalid(line, 'is there twice')
    found.set(parsed.identity, parsed)
  }
  return found
}

/** The line in the form of an exposition. */
export function shownLine({ identity, value }: ExpositionLine): string {
  const infinite = value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : undefined
  return `${identity} ${infinite ?? value}`
}

interface NumberedLine {
  readonly text: string
  readonly number: number
}

function parseHeading({ text }: NumberedLine): ExpositionLine | undefined {
  const [, keyword, family, value] = heading.exec(text) ?? []
  return family === undefined ? undefined : { family, identity: `# ${keyword} ${family}`, value: value! }
}

function parseSample(line: NumberedLine, families: ReadonlySet<string>): ExpositionLine | undefined {
  if (line.text === '' || line.text.startsWith('#')) return undefined
  const [, name, labels = '', value] = sample.exec(line.text) ?? []
  if (name === undefined || value === undefined)
    throw invalid(line, 'is not a sample such as jobs_total{queue="mail"} 1')
  const family = familyOf(name, families)
  return { family, identity: name + sortedLabels(labels, line), value: value === '*' ? value : numberOf(value, line) }
}

function familyOf(name: string, families: ReadonlySet<string>): string {
  // The ending '' first: the name itself.
  const candidates = sampleEndings.filter((ending) => name.endsWith(ending))
  const found = candidates
    .map((ending) => name.slice(0, name.length - ending.length))
    .find((each) => families.has(each))
  return found ?? name
}

/** An empty label is the same as a missing one. */
function sortedLabels(labels: string, line: NumberedLine): string {
  const matches = [...labels.matchAll(label)]
  if (matches.reduce((length, [all]) => length + all.length, 0) !== labels.length) {
    throw invalid(line, 'has labels that are not written as {queue="mail",size="small"}')
  }
  const present = matches.filter(([, , value]) => value !== '').map(([, name, value]) => `${name}="${value}"`)
  return present.length === 0 ? '' : `{${present.sort().join()}}`
}

const words: ReadonlyMap<string, number> = new Map([
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['NaN', Number.NaN],
])

function numberOf(value: string, line: NumberedLine): number {
  const found = words.get(value) ?? Number(value)
  if (Number.isNaN(found) && !words.has(value)) throw invalid(line, `has ${describe(value)} where a number is expected`)
  return found
}

function invalid({ number, text }: NumberedLine, fault: string): MetricsError {
  return new MetricsError('EXPECTED_INVALID', `line ${number} of the expected metrics ${fault}: ${text}`)
}
