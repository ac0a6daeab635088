import { MetricsError } from '../../model/errors.js'

/** A family as an exposition shows it, under the name that Prometheus stores. */
export interface ShownFamily {
  /** Without `_bucket`, `_sum` and `_count`, but with the `_total` of a counter. */
  readonly name: string
  readonly type: string
  readonly help: string
  /** The values of each label, without `le` and `quantile`. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
  /** The names of its samples. */
  readonly samples: ReadonlySet<string>
}

/** The families of an exposition. */
export class ShownFamilies {
  private readonly byName: ReadonlyMap<string, ShownFamily>

  constructor(readonly all: readonly ShownFamily[]) {
    this.byName = new Map(all.map((family) => [family.name, family]))
  }

  /** Returns the family of a name, or of a counter's name without the `_total` that OpenMetrics requires. */
  find(name: string): ShownFamily | undefined {
    return this.byName.get(name) ?? this.byName.get(`${name}_total`)
  }

  /** Whether a family has series. */
  has(name: string): boolean {
    return (this.find(name)?.samples.size ?? 0) > 0
  }
}

const heading = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) ?(.*)$/
const sample = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+\S/
const label = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g

/** The endings of samples, by the type of their family. */
const endings: Readonly<Record<string, readonly string[]>> = {
  counter: ['', '_total'],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
  info: ['_info'],
}

interface FamilyInText {
  readonly name: string
  type: string
  help: string
  readonly labels: Map<string, Set<string>>
  readonly samples: Set<string>
}

/**
 * Parses an exposition in text 0.0.4 or OpenMetrics.
 *
 * @param source where the text is from, for the error
 * @throws MetricsError `METRIC_NOT_FOUND` if the text is not an exposition, or shows nothing
 */
export function shownFamilies(text: string, source: string): ShownFamilies {
  const found = new Map<string, FamilyInText>()
  const familyOf = (name: string): FamilyInText => {
    const known = found.get(name)
    if (known !== undefined) return known
    const family = { name, type: 'unknown', help: '', labels: new Map(), samples: new Set<string>() }
    found.set(name, family)
    return family
  }
  let current: FamilyInText | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const [, keyword, name, rest] = heading.exec(line) ?? []
    if (name !== undefined) {
      current = familyOf(name)
      if (keyword === 'TYPE') current.type = rest!.trim()
      else current.help = rest!
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      const [, sampleName, labels = ''] = sample.exec(line) ?? []
      if (sampleName === undefined) throw unparsable(source, i + 1, line)
      if (sampleName === `${current?.name}_created`) continue
      const family = current !== undefined && belongs(sampleName, current) ? current : familyOf(sampleName)
      add(family, sampleName, labels)
    }
  }
  if (found.size === 0) throw new MetricsError('METRIC_NOT_FOUND', `${source} shows no metrics`)
  return new ShownFamilies([...found.values()].map(shown))
}

function belongs(sampleName: string, { name, type }: FamilyInText): boolean {
  return (endings[type] ?? ['']).some((ending) => sampleName === `${name}${ending}`)
}

function add(family: FamilyInText, sampleName: string, labels: string): void {
  family.samples.add(sampleName)
  for (const [, name, value] of labels.matchAll(label)) {
    if (name === 'le' || name === 'quantile') continue
    const values = family.labels.get(name!) ?? new Set()
    family.labels.set(name!, values.add(value!))
  }
}

function shown(family: FamilyInText): ShownFamily {
  const single = family.type === 'counter' || family.type === 'info' ? [...family.samples][0] : undefined
  return { ...family, name: single ?? family.name }
}

function unparsable(source: string, number: number, line: string): MetricsError {
  const start = line.length > 60 ? `${line.slice(0, 60)}…` : line
  const text = `${source} is not an exposition: line ${number} is not a sample: ${start}`
  return new MetricsError('METRIC_NOT_FOUND', text)
}
