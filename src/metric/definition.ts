import { MetricsError } from '../model/errors.js'
import { checkOptions } from '../model/known-options.js'
import { isLabelObject, ownValue } from '../model/label-set.js'
import { describe } from '../model/metric-name.js'
import type { Labels } from '../model/series-index/series-numbers.js'
import { type MetricRegistry, metricContext } from './context.js'
import { passedOver, removeOptions } from './option-names.js'
import type { MetricOptions, RemoveOptions } from './options.js'
import type { SeriesLimitOptions } from './series-limit.js'

/** Throws `OPTION_INVALID` if the argument is not an object, and for an option that this type of metric does not have. */
export function checkMetricOptions(options: Pick<MetricOptions<never>, 'name'>, known: object): void {
  if (typeof options !== 'object' || options === null) {
    const text = `a metric is made from an object with name and help, got ${describe(options)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const { name } = options
  checkOptions(typeof name === 'string' && name !== '' ? name : 'a metric', options, known, passedOver)
}

export function checkLimit(
  name: string,
  { maxSeries, onLimit = 'overflow' }: Pick<MetricOptions<never>, 'maxSeries' | 'onLimit'>,
): SeriesLimitOptions {
  if (maxSeries !== undefined && !(maxSeries > 0)) {
    throw new MetricsError('OPTION_INVALID', `${name}: maxSeries must be a number above 0, got ${describe(maxSeries)}`)
  }
  oneOf(name, 'onLimit', onLimit, ['overflow', 'drop', 'throw'])
  return { maxSeries, onLimit }
}

export function checkExpireAfter(name: string, seconds: number | undefined): number | undefined {
  if (seconds === undefined || seconds > 0) return seconds
  throw new MetricsError('OPTION_INVALID', `${name}: expireAfter must be seconds above 0, got ${describe(seconds)}`)
}

/** Throws `OPTION_INVALID` for a value that the option does not have. */
export function oneOf(name: string, option: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return
  throw new MetricsError('OPTION_INVALID', `${name}: ${option} is one of ${known.join(', ')}; got ${describe(value)}`)
}

export function checkScope(name: string, options: RemoveOptions = {}): 'application' | 'process' | undefined {
  checkOptions(name, options, removeOptions)
  const { scope } = options
  if (scope !== undefined) oneOf(name, 'scope', scope, ['application', 'process'])
  return scope
}

/** Throws `OPTION_INVALID` for a value that has no labels, which would mean all series. */
export function checkFilter(name: string, labels: unknown): void {
  if (isLabelObject(labels)) return
  const text = `${name}: removeByLabels takes an object of label values, got ${describe(labels)}; clear() removes all`
  throw new MetricsError('OPTION_INVALID', text)
}

export function checkCollect(name: string, collect: unknown): void {
  if (collect === undefined || typeof collect === 'function') return
  throw new MetricsError('OPTION_INVALID', `${name}: collect must be a function, got ${describe(collect)}`)
}

export function checkDefaultLabels(name: string, names: readonly string[], defaults: Labels = {}): Labels {
  checkLabelObject(`${name}: defaultLabels`, defaults)
  for (const label of Object.keys(defaults)) {
    if (names.includes(label)) continue
    const text = `${name}: defaultLabels names "${label}", which is none of its labels (${names.join(', ')})`
    throw new MetricsError('LABEL_UNKNOWN', text)
  }
  // Without a prototype, because a label may be called `constructor`.
  return Object.assign(Object.create(null), defaults) as Labels
}

/** Returns the labels without which nothing is counted. */
export function checkRequired(
  name: string,
  names: readonly string[],
  { requiredLabels = [], defaultLabels = {} }: Pick<MetricOptions<string>, 'requiredLabels' | 'defaultLabels'>,
): readonly string[] {
  if (requiredLabels === true) return names.filter((label) => ownValue(defaultLabels as Labels, label) === undefined)
  if (!Array.isArray(requiredLabels)) {
    const text = `${name}: requiredLabels is true or an array of label names, got ${describe(requiredLabels)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const unknown = requiredLabels.find((label) => !names.includes(label))
  if (unknown === undefined) return requiredLabels
  const text = `${name}: requiredLabels names "${unknown}", which is none of its labels (${names.join(', ')})`
  throw new MetricsError('LABEL_UNKNOWN', text)
}

export function checkRegisters(name: string, registers: unknown): readonly MetricRegistry[] {
  if (registers === undefined) return [metricContext().registry]
  if (!Array.isArray(registers)) {
    const text = `${name}: registers must be an array of registries, got ${describe(registers)}`
    throw new MetricsError('REGISTER_INVALID', text)
  }
  for (const registry of registers) {
    if (typeof registry?.registerMetric !== 'function') {
      throw new MetricsError('REGISTER_INVALID', `${name}: ${describe(registry)} in registers is not a Registry`)
    }
  }
  return registers as MetricRegistry[]
}

/** @throws MetricsError `LABEL_VALUE_INVALID` for an object such as a Map, which has no label values of its own */
export function checkLabelObject(what: string, labels: unknown): void {
  if (isLabelObject(labels)) return
  const text = `${what} must be an object such as { method: 'GET' }, got ${describe(labels)}`
  throw new MetricsError('LABEL_VALUE_INVALID', text)
}

export function unknownLabel(
  metric: { readonly name: string; readonly labelNames: readonly string[] },
  label: string,
): MetricsError {
  const declared = metric.labelNames.length === 0 ? 'it has none' : `declared: ${metric.labelNames.join(', ')}`
  return new MetricsError(
    'LABEL_UNKNOWN',
    `${metric.name} has no label "${label}" (${declared}); add it to labelNames or leave it out`,
  )
}

/** Returns positional label values by their names. */
export function labelsByName(
  { name, labelNames }: { readonly name: string; readonly labelNames: readonly string[] },
  values: readonly unknown[],
): Labels {
  if (values.length !== labelNames.length) {
    const text = `${name}: ${values.length} label values for ${labelNames.length} label names (${labelNames.join(', ')})`
    throw new MetricsError('LABEL_COUNT', text)
  }
  const labels: Record<string, unknown> = {}
  for (let i = 0; i < values.length; i++) labels[labelNames[i]!] = values[i]
  return labels
}
