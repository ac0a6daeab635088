import { MetricsError } from './errors.js'
import { maskAddress } from './mask-credentials.js'
import type { MetricType } from './metric-type.js'

const legal = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** Whether text 0.0.4 can print a metric name. */
export function isMetricName(name: string): boolean {
  return legal.test(name)
}

/** Throws `NAME_MISSING` or `NAME_INVALID` unless text 0.0.4 can print the name. */
export function checkMetricName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new MetricsError(
      'NAME_MISSING',
      `a metric needs a name: got ${describe(name)}; pass { name: 'jobs_total', … }`,
    )
  }
  if (!legal.test(name)) {
    throw new MetricsError(
      'NAME_INVALID',
      `${JSON.stringify(name)} is not a metric name: use letters, digits, "_" and ":", not starting with a digit`,
    )
  }
}

/** Throws `NAME_INVALID` unless names may begin with the prefix. */
export function checkPrefix(prefix: unknown = ''): string {
  if (typeof prefix === 'string' && (prefix === '' || legal.test(prefix))) return prefix
  throw new MetricsError(
    'NAME_INVALID',
    `a registry's prefix must be the beginning of a metric name, got ${describe(prefix)}`,
  )
}

export function checkHelp(name: string, help: unknown): asserts help is string {
  if (typeof help !== 'string' || help === '') {
    throw new MetricsError(
      'HELP_MISSING',
      `${name} needs a help text: say in one sentence what it counts; got ${describe(help)}`,
    )
  }
}

/**
 * Checks the unit of a metric and returns its part of the descriptor. OpenMetrics requires the unit at the end of the
 * name.
 *
 * @example unitOf('job_seconds_total', 'counter', 'seconds') // { unit: 'seconds' }
 */
export function unitOf(name: string, type: MetricType, unit: unknown): { readonly unit?: string } {
  if (unit === undefined || unit === '') return {}
  if (type === 'info' || type === 'stateset') {
    throw new MetricsError(
      'UNIT_MISMATCH',
      `${name}: ${type === 'info' ? 'an info' : 'a stateset'} has no unit: leave it out`,
    )
  }
  const ending = type === 'counter' && name.endsWith('_total') ? '_total' : ''
  if (typeof unit !== 'string' || !name.endsWith(`_${unit}${ending}`)) {
    const way =
      typeof unit === 'string' ? `: name it "${name.slice(0, name.length - ending.length)}_${unit}${ending}"` : ''
    throw new MetricsError('UNIT_MISMATCH', `${name}: the name must end with its unit ${describe(unit)}${way}`)
  }
  return { unit }
}

/** Returns a short form of a wrong argument for an error text. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    // Masked before it is cut, because a password in half of an address would not be recognised.
    const text = maskAddress(value)
    return text.length > 60 ? `${JSON.stringify(text.slice(0, 60))}…` : JSON.stringify(text)
  }
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
  return String(value)
}
