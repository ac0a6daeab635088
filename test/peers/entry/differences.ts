import type { Any } from './application.js'
import { examples } from './difference-examples.js'
import type { Definition, Operation } from './operations.js'

/** What a text was written by. */
export interface Answer {
  readonly operation: Operation
  readonly contentType: string
}

/** One line of the list in docs/migrating-from-prom-client.md. */
export interface Difference {
  /** What the first cell of the line says. */
  readonly what: string
  /** Shows the difference with one client. */
  readonly example: (client: Any) => unknown
  /** Of random programs, an operation that only one of the clients does. */
  skips?(operation: Operation, definition: Definition | undefined): boolean
  /** prom-client's answer as promhive gives it. */
  adjust?(theirs: string, answer: Answer): string
}

type Met = Pick<Difference, 'skips' | 'adjust'>

/** The lines that random programs meet, by what they say. The examples of the others are never generated. */
const met: Readonly<Record<string, Met>> = {
  'not a number': { adjust: (theirs) => theirs.replaceAll(/ Nan$/gm, ' NaN') },
  'an OpenMetrics answer without metrics': { adjust: (theirs) => theirs.replace(/^\n# EOF\n$/, '# EOF\n') },
  'a quote in a help text, in OpenMetrics': {
    adjust(theirs, answer) {
      if (!isOpenMetrics(answer)) return theirs
      return theirs.replaceAll(/^# HELP .*$/gm, (line) => line.replaceAll('"', '\\"'))
    },
  },
  'a histogram with a bound below 0, in OpenMetrics': {
    adjust(theirs, answer) {
      if (!isOpenMetrics(answer)) return theirs
      const names = new Set([...theirs.matchAll(/^(\w+)_bucket\{le="-/gm)].map(([, name]) => name!))
      const lines = theirs.split('\n')
      return lines.filter((line) => !names.has(/^(\w+)_(?:sum|count)(?: |\{)/.exec(line)?.[1] ?? '')).join('\n')
    },
  },
  "`inc(NaN)`, `inc('')`, `inc(false)` of a counter": {
    skips: (operation, definition) =>
      isInc(operation, definition) &&
      (Number.isNaN(operation.amount) || operation.amount === '' || operation.amount === false),
  },
  '`zero()` of labels that were not declared': {
    skips: (operation, definition) =>
      operation.do === 'zero' && Object.keys(operation.labels).some((name) => !definition?.labelNames.includes(name)),
  },
  '`labels(…)` of a metric with exemplars': {
    skips: (operation, definition) =>
      operation.do === 'count' && definition?.enableExemplars === true && /by name|in order/.test(operation.as),
  },
  'the exemplar of an increase by 0': {
    skips: (operation, definition) =>
      isInc(operation, definition) && operation.exemplar !== undefined && operation.amount === 0,
  },
  'a series that an object of a plug-in has twice, in OpenMetrics': {
    adjust(theirs, answer) {
      if (!isOpenMetrics(answer)) return theirs
      return theirs.replaceAll(/(?:^plug_in.*\n)+/gm, together)
    },
  },
}

/** Lines with the same name and labels behind the first of them. */
function together(lines: string): string {
  const grouped = new Map<string, string>()
  for (const line of lines.match(/.*\n/g) ?? []) {
    const labels = line.match(/\w+="(?:\\.|[^"\\])*"/g) ?? []
    const series = `${/^\w+/.exec(line)?.[0]} ${labels.sort()}`
    grouped.set(series, (grouped.get(series) ?? '') + line)
  }
  return [...grouped.values()].join('')
}

export const differences: readonly Difference[] = Object.entries(examples).map(([what, example]) => {
  return { what, example, ...met[what] }
})

type Count = Extract<Operation, { do: 'count' }>

function isInc(operation: Operation, definition: Definition | undefined): operation is Count {
  return operation.do === 'count' && operation.verb === 'inc' && definition?.type === 'Counter'
}

function isOpenMetrics({ operation, contentType }: Answer): boolean {
  const reads: readonly string[] = ['metrics', 'getSingleMetricAsString', 'merge']
  return reads.includes(operation.do) && contentType.startsWith('application/openmetrics-text')
}
