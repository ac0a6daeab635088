import { format, inspect } from 'node:util'
import type { Labels } from '../../model/series-index/series-numbers.js'
import type { ClientRules } from './client-rules.js'

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** The longest labels of an exemplar, names and values together. */
const longestExemplar = 128

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Returns whether a metric may have the name.
 *
 * @param name the name to check
 * @example validateMetricName('http_requests_total') // true
 */
export function validateMetricName(name: string): boolean {
  return metricName.test(name)
}

export function areLabelNames(names: readonly unknown[]): boolean {
  return names.every((name) => labelName.test(name as string))
}

/** Throws for a label that the metric was not defined with. */
export function checkLabels(rules: ClientRules, labelNames: readonly string[], labels: Labels): void {
  for (const label in labels) {
    if (labelNames.includes(label)) continue
    const names = inspect([...rules.listed(labelNames)])
    throw new Error(`Added label "${label}" is not included in initial labelset: ${names}`)
  }
}

/**
 * The labels that `labels()` and `remove()` were called with: an object, or a value for each label.
 *
 * @throws Error for another number of values
 */
export function labelsOfArguments(labelNames: readonly string[], values: readonly unknown[]): Labels {
  if (typeof values[0] === 'object') return (values[0] ?? {}) as Labels
  if (values.length !== labelNames.length) {
    const [valueList, names] = [values.join(', '), labelNames.join(', ')]
    throw new Error(
      `Invalid number of arguments (${values.length}): "${valueList}" for label names (${labelNames.length}): "${names}".`,
    )
  }
  const labels: Record<string, unknown> = {}
  labelNames.forEach((name, i) => {
    labels[name] = values[i]
  })
  return labels
}

export function notANumber(what: 'Value' | 'Delta', value: unknown): TypeError {
  return new TypeError(`${what} is not a valid number: ${format(value)}`)
}

/** The error for labels of an exemplar that are too long; undefined for others. */
export function exemplarFault(labels: Labels): RangeError | undefined {
  let length = 0
  for (const name of Object.keys(labels)) length += `${name}${labels[name]}`.length
  return length > longestExemplar ? new RangeError('Label set size must be smaller than 128 UTF-8 chars') : undefined
}

/** The labels of an exemplar as texts: the clients show any value. */
export function exemplarTexts(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}
