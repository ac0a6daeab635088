import { MetricsError } from './errors.js'
import { describe } from './metric-name.js'

export type LabelSet = Readonly<Record<string, string>>

/** The types that an application may pass as a label value; it is shown as `String(value)`. */
export type LabelValue = string | number | bigint | boolean

/** The same, or no value: then the series lacks the label. */
export type LabelValueOrNone = LabelValue | undefined

/** Labels of an exemplar, as an application passes them, such as the current trace. */
export type ExemplarLabels = Readonly<Record<string, LabelValueOrNone>>

/**
 * The label that distinguishes writers with their own series. `worker` is the number of the writer's seat, which the
 * next process takes over, so the number of series stays the same. `pid` is the process, as in Python's client.
 */
export const workerLabels = ['worker', 'pid'] as const
export type WorkerLabel = (typeof workerLabels)[number]

const legal = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** Whether text 0.0.4 can print a label name. */
export function isLabelName(name: string): boolean {
  return legal.test(name)
}

/**
 * Checks a metric's label names and returns them in alphabetical order.
 *
 * @param reserved label names that the type of the metric writes, such as `le`
 */
export function checkLabelNames(metric: string, names: unknown, reserved: readonly string[] = []): readonly string[] {
  if (names === undefined || names === null) return []
  if (!Array.isArray(names)) {
    throw new MetricsError(
      'LABEL_NAME_INVALID',
      `${metric}: labelNames must be an array of names, got ${describe(names)}`,
    )
  }
  for (const name of names as unknown[]) {
    if (typeof name !== 'string' || !legal.test(name)) {
      throw new MetricsError(
        'LABEL_NAME_INVALID',
        `${metric}: ${describe(name)} is not a label name: use letters, digits and "_", not starting with a digit`,
      )
    }
    if (name.startsWith('__')) {
      throw new MetricsError(
        'LABEL_RESERVED',
        `${metric}: label "${name}" is reserved: Prometheus keeps names that start with "__"`,
      )
    }
    if (reserved.includes(name)) {
      throw new MetricsError(
        'LABEL_RESERVED',
        `${metric}: label "${name}" is reserved: this type of metric writes it itself; rename yours`,
      )
    }
  }
  const sorted = [...(names as string[])].sort()
  const twice = sorted.find((name, i) => name === sorted[i + 1])
  if (twice !== undefined) throw new MetricsError('LABEL_NAME_INVALID', `${metric}: label "${twice}" is declared twice`)
  return sorted
}

/**
 * Returns a label value as it is shown; null if the series lacks the label, which is the same as an empty value to
 * Prometheus.
 *
 * @param what the metric or function that has the label, for the error text
 * @throws MetricsError `LABEL_VALUE_INVALID` if it is not a text, a number or a boolean
 */
export function labelText(what: string, label: string, value: unknown): string | null {
  return value === undefined || value === null ? null : textOf(what, label, value) || null
}

/** The same for a value that is not missing. */
export function textOf(what: string, label: string, value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed()
  if (isPlain(value)) return String(value)
  // A query parameter or header that a client repeats is an array instead of a text.
  if (Array.isArray(value) && value.every(isPlain)) return value.join(',').toWellFormed()
  throw new MetricsError(
    'LABEL_VALUE_INVALID',
    `${what}: label "${label}" must be a string, a number or a boolean, got ${describe(value)}; pass the part of it to show`,
  )
}

function isPlain(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  )
}

/**
 * Returns the name under which a label of the application is shown if a label that is added has its name. The prefix is that
 * of Prometheus for labels of a target that a server sets as well, added until the name is free.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config, `honor_labels`
 */
export function exportedLabel(name: string, taken: readonly string[]): string {
  let exportedName = name
  do exportedName = `exported_${exportedName}`
  while (taken.includes(exportedName))
  return exportedName
}

/** Reads an own property: an inherited one, such as `constructor`, is not a label value. */
export function ownValue(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/**
 * Returns whether label values can be read from an object. A Map, a Date or a promise has no own properties, and would
 * otherwise mean the series without labels.
 */
export function isLabelObject(labels: unknown): labels is object {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return false
  for (const name in labels) if (Object.hasOwn(labels, name)) return true
  return Object.prototype.toString.call(labels) === '[object Object]'
}
