/** One family of an exposition, in a form that two libraries can be compared in: without any order. */
export interface ComparedFamily {
  /** HELP and TYPE. */
  readonly header: readonly string[]
  /** `name{labels in order} value`, in order. */
  readonly samples: readonly string[]
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"(?:,|$)/g

/** @param change what becomes of a sample's labels and value before it is compared */
export function familiesOf(
  text: string,
  change: (labels: Map<string, string>, value: string) => string = (_, value) => value,
): Map<string, ComparedFamily> {
  const families = new Map<string, { header: string[]; samples: string[] }>()
  let current: { header: string[]; samples: string[] } | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, kind, name] = line.match(/^# (HELP|TYPE) (\S+)/) ?? []
    if (kind !== undefined) {
      if (kind === 'HELP') families.set(name!, (current = { header: [], samples: [] }))
      current!.header.push(line)
      continue
    }
    const [, metric, inside = '', value] = line.match(sample) ?? []
    if (metric === undefined || current === undefined) throw new Error(`not a sample of a family: ${line}`)
    const labels = new Map([...inside.matchAll(label)].map(([, key, text]): [string, string] => [key!, text!]))
    const shown = change(labels, value!)
    const sorted = [...labels].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, text]) => `${key}="${text}"`)
    current.samples.push(`${metric}{${sorted.join()}} ${shown}`)
  }
  for (const { samples } of families.values()) samples.sort()
  return families
}

interface ValuesJson {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly values: readonly { labels: Record<string, unknown>; value: number; metricName?: string }[]
}

/** What `getMetricsAsJSON()` gave, in the same form. */
export function familiesOfJson(json: readonly object[]): Map<string, ComparedFamily> {
  return new Map(
    (json as readonly ValuesJson[]).map(({ name, help, type, aggregator, values }) => {
      const samples = values.map(({ labels, value, metricName = name }) => {
        const inside = Object.entries(labels).filter(([, text]) => text !== undefined)
        const sorted = inside.map(([key, text]) => `${key}="${text}"`).sort()
        return `${metricName}{${sorted.join()}} ${value}`
      })
      return [name, { header: [help, type, aggregator], samples: samples.sort() }]
    }),
  )
}
