/** One scrape, parsed: the samples of text 0.0.4. promhive's own metrics are omitted. */
export class Exposition {
  readonly text: string
  /** `name{labels}` as printed → value. */
  readonly samples = new Map<string, number>()
  readonly types = new Map<string, string>()

  constructor(whole: string) {
    const lines = whole.split('\n').filter((line) => !/^(?:# \w+ )?promhive_/.test(line))
    this.text = lines.join('\n')
    for (const line of lines) {
      const type = /^# TYPE (\S+) (\S+)$/.exec(line)
      if (type !== null) this.types.set(type[1]!, type[2]!)
      if (line === '' || line.startsWith('#')) continue
      const found = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)*\})?) (\S+)$/.exec(line)
      if (found === null) throw new Error(`no line of text 0.0.4: ${JSON.stringify(line)}`)
      if (this.samples.has(found[1]!)) throw new Error(`shown twice: ${line}`)
      this.samples.set(found[1]!, numberOf(found[2]!))
    }
  }

  /** The value of a sample as printed; undefined when it is not shown. */
  value(sample: string): number | undefined {
    return this.samples.get(sample)
  }

  /** The sum of all samples of a name, whatever their labels. */
  total(name: string): number {
    let sum = 0
    for (const [sample, value] of this.samples) if (sample === name || sample.startsWith(`${name}{`)) sum += value
    return sum
  }

  /** The samples of a name: labels as printed, without the braces → value. */
  labelled(name: string): Record<string, number> {
    const found = [...this.samples].filter(([sample]) => sample === name || sample.startsWith(`${name}{`))
    return Object.fromEntries(found.map(([sample, value]) => [sample.slice(name.length + 1, -1), value]))
  }
}

/** Values that must never decrease between two scrapes: counters, buckets, counts, and sums of non-negative values. */
export function wentBack(before: Exposition, after: Exposition): string[] {
  const faults: string[] = []
  for (const [sample, value] of before.samples) {
    const type = before.types.get(familyOf(before, sample))
    if (type === 'gauge' || (type === 'summary' && /[{,]quantile="/.test(sample))) continue
    const later = after.samples.get(sample)
    if (later === undefined) faults.push(`${sample} was ${value} and is not shown any more`)
    else if (later < value) faults.push(`${sample} went back from ${value} to ${later}`)
  }
  return faults
}

/** For histograms that observe nothing but 1: `_count`, `_sum` and the last bucket are the same number. */
export function tornHistograms(scrape: Exposition): string[] {
  const faults: string[] = []
  for (const [sample, count] of scrape.samples) {
    const found = /^(\w+)_count(?:\{(.*)\})?$/.exec(sample)
    if (found === null || scrape.types.get(found[1]!) !== 'histogram') continue
    const [, name, labels = ''] = found
    const sum = scrape.value(`${name}_sum${labels && `{${labels}}`}`)
    const last = scrape.value(`${name}_bucket{${labels && `${labels},`}le="+Inf"}`)
    if (sum !== count || last !== count) faults.push(`${sample} is ${count}, its sum ${sum}, its last bucket ${last}`)
  }
  return faults
}

function familyOf({ types }: Exposition, sample: string): string {
  const name = /^[\w:]+/.exec(sample)![0]
  return types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
}

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
