import type { Definition, Operation } from './operations.js'

/** What a text was written by. */
export interface Answer {
  readonly operation: Operation
  readonly contentType: string
}

/** One line of the list in docs/migrating-from-prom-client.md, as random programs meet it. */
export interface Difference {
  /** What the first cell of the line says. */
  readonly what: string
  /** An operation that only one of the clients does. */
  skips?(operation: Operation, definition: Definition | undefined): boolean
  /** prom-client's answer as promhive gives it. */
  adjust?(theirs: string, answer: Answer): string
}

export const differences: readonly Difference[] = [
  { what: 'NaN', adjust: (theirs) => theirs.replaceAll(/ Nan$/gm, ' NaN') },
  { what: 'empty OpenMetrics', adjust: (theirs) => theirs.replace(/^\n# EOF\n$/, '# EOF\n') },
  {
    what: 'quotes in HELP of OpenMetrics',
    adjust: (theirs, answer) => {
      if (!isOpenMetrics(answer)) return theirs
      return theirs.replaceAll(/^# HELP .*$/gm, (line) => line.replaceAll('"', '\\"'))
    },
  },
  {
    what: 'NaN, "" or false added to a counter',
    skips: (operation, definition) =>
      isCount(operation, 'inc') &&
      definition?.type === 'Counter' &&
      (Number.isNaN(operation.amount) || operation.amount === '' || operation.amount === false),
  },
  {
    what: 'the exemplar of inc() by 0',
    skips: (operation, definition) =>
      isCount(operation, 'inc') &&
      definition?.type === 'Counter' &&
      operation.exemplar !== undefined &&
      operation.amount === 0,
  },
  {
    what: 'zero() of labels that were not declared',
    skips: (operation, definition) =>
      operation.do === 'zero' && Object.keys(operation.labels).some((name) => !definition?.labelNames.includes(name)),
  },
  {
    what: 'labels() of a metric with exemplars',
    skips: (operation, definition) =>
      operation.do === 'count' &&
      definition?.enableExemplars === true &&
      (operation.as === 'by name' || operation.as === 'in order'),
  },
  {
    what: 'sum of a histogram with bounds below 0, in OpenMetrics',
    adjust: (theirs, answer) => {
      if (!isOpenMetrics(answer)) return theirs
      const names = new Set([...theirs.matchAll(/^(\w+)_bucket\{le="-/gm)].map(([, name]) => name!))
      return theirs
        .split('\n')
        .filter((line) => !names.has(/^(\w+)_(?:sum|count)(?: |\{)/.exec(line)?.[1] ?? ''))
        .join('\n')
    },
  },
]

type Count = Extract<Operation, { do: 'count' }>

function isCount(operation: Operation, ...verbs: readonly Count['verb'][]): operation is Count {
  return operation.do === 'count' && (verbs.length === 0 || verbs.includes(operation.verb))
}

function isOpenMetrics({ operation, contentType }: Answer): boolean {
  const reads: readonly string[] = ['metrics', 'getSingleMetricAsString', 'merge']
  return reads.includes(operation.do) && contentType.startsWith('application/openmetrics-text')
}
