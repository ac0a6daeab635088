import { AssertionError } from 'node:assert'
import { MetricsError } from '../../model/errors.js'
import type { OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { held } from '../../platform/held.js'
import { monotonicNow, setTimeout } from '../../platform/timers.js'
import type { Readable } from './found-family.js'
import { type ReadOptions, readOptions, registryIn } from './read-options.js'
import { readValue } from './read-value.js'
import { type LabelsOf, type SearchedLabels, shownLabels } from './series-search.js'

/** The value that a test waits for, or a function that returns whether a value is accepted. */
export type ExpectedValue = number | ((value: number) => boolean)

export interface WaitOptions extends ReadOptions {
  /** Milliseconds to wait. The default is 2000. */
  readonly timeout?: number | undefined
}

const waitOptions = { ...readOptions, timeout: true } as const satisfies OptionNames<WaitOptions>

/** Less than the time that test frameworks give a test, so that the error with the last value is shown. */
const defaultTimeout = 2000

/** Milliseconds between two readings. */
const [shortest, longest] = [5, 50]

/**
 * Waits until a value of the application is the expected one, and returns it. A series that does not exist yet counts as
 * not reached. Fake timers do not affect it.
 *
 * @throws AssertionError with the last value if it was not reached in time; MetricsError as `readValue()`
 * @example
 * const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.' })
 * setTimeout(() => jobs.inc(2), 20)
 * await waitForValue(jobs, 2)
 * await waitForValue(jobs, {}, (value) => value > 1, { timeout: 500 })
 */
export function waitForValue(metric: Readable, expected: ExpectedValue, options?: WaitOptions): Promise<number>
export function waitForValue<M extends Readable>(
  metric: M,
  labels: LabelsOf<M>,
  expected: ExpectedValue,
  options?: WaitOptions,
): Promise<number>
export function waitForValue(metric: Readable, ...rest: readonly unknown[]): Promise<number> {
  const [labels, expected, options = {}] = typeof rest[0] === 'object' ? rest : [{}, ...rest]
  return held(wait(metric, labels as SearchedLabels, expected as ExpectedValue, options as WaitOptions))
}

async function wait(
  metric: Readable,
  labels: SearchedLabels,
  expected: ExpectedValue,
  options: WaitOptions,
): Promise<number> {
  const registry = registryIn('waitForValue', options, waitOptions)
  const { timeout = defaultTimeout } = options
  checkWait(expected, timeout)
  const reached = typeof expected === 'number' ? (value: number) => Object.is(value, expected) : expected
  const end = monotonicNow() + timeout
  for (let pause = shortest; ; pause = Math.min(2 * pause, longest)) {
    const last = await readValue(metric, labels, { registry }).catch(missing)
    if (typeof last === 'number' && reached(last)) return last
    const left = end - monotonicNow()
    if (left <= 0) throw notReached(metric, labels, expected, timeout, last)
    await new Promise<void>((resolve) => setTimeout(resolve, Math.min(pause, left)))
  }
}

/** A series that does not exist may begin; every other fault is final. */
function missing(fault: unknown): MetricsError {
  if (fault instanceof MetricsError && fault.code === 'SERIES_NOT_FOUND') return fault
  throw fault
}

function checkWait(expected: unknown, timeout: unknown): void {
  if (typeof expected !== 'number' && typeof expected !== 'function') {
    const text = `waitForValue: a number or a function that takes one is needed, got ${describe(expected)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  if (!(typeof timeout === 'number' && timeout >= 0)) {
    throw new MetricsError('OPTION_INVALID', `waitForValue: timeout must be milliseconds, got ${describe(timeout)}`)
  }
}

function notReached(
  metric: Readable,
  labels: SearchedLabels,
  expected: ExpectedValue,
  timeout: number,
  last: number | MetricsError,
): AssertionError {
  const name = typeof metric === 'string' ? metric : metric.name
  const series = Object.keys(labels).length === 0 ? name : `${name}${shownLabels(labels)}`
  const expectedText = typeof expected === 'number' ? String(expected) : 'the expected value'
  const state = typeof last === 'number' ? `it was ${last}` : last.message
  const message = `${series} did not become ${expectedText} within ${timeout} ms; ${state}`
  const error = { message, actual: typeof last === 'number' ? last : undefined, expected, operator: 'waitForValue' }
  return new AssertionError(error)
}
