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
]

function isOpenMetrics({ operation, contentType }: Answer): boolean {
  const reads: readonly string[] = ['metrics', 'getSingleMetricAsString', 'merge']
  return reads.includes(operation.do) && contentType.startsWith('application/openmetrics-text')
}
