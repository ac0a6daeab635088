import { isLabelName } from '../../model/label-set.js'
import { isMetricName } from '../../model/metric-name.js'

/** The key of one value. */
export interface FileKey {
  /** The name of the metric, for a counter without `_total`. */
  readonly metric: string
  /** The name of the sample, such as `seconds_bucket`. */
  readonly sample: string
  /** In the alphabetical order of the names. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly help: string
}

/** The help text of files that have none: before version 0.16. */
const defaultHelp = 'Multiprocess metric'

/**
 * Reads a key: `[metric, sample, {label: value}, help]`; before version 0.16 without the help text, and before 0.4 with
 * the names and the values of the labels in two lists.
 *
 * @returns undefined for anything else, and for names that text 0.0.4 cannot print
 */
export function fileKeyOf(text: string): FileKey | undefined {
  const parts = parsed(text)
  if (parts === undefined) return undefined
  const [metric, sample, labels, last] = parts
  if (typeof metric !== 'string' || typeof sample !== 'string' || typeof labels !== 'object' || labels === null) {
    return undefined
  }
  if (!isMetricName(metric) || !isMetricName(sample)) return undefined
  const lists = Array.isArray(labels)
  const pairs: readonly (readonly unknown[])[] = lists
    ? labels.map((name, i) => [name, (last as unknown[] | undefined)?.[i]])
    : Object.entries(labels)
  if (!pairs.every(isPair)) return undefined
  const help = lists ? undefined : last
  return {
    metric,
    sample,
    labels: pairs.map(([name, value]) => [name, value.toWellFormed()] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    help: typeof help === 'string' ? help.toWellFormed() : defaultHelp,
  }
}

function parsed(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isPair(pair: readonly unknown[]): pair is readonly [string, string] {
  return typeof pair[0] === 'string' && isLabelName(pair[0]) && typeof pair[1] === 'string'
}
