import { MetricsError } from './errors.js'
import { describe } from './metric-name.js'
import { QuantileSketch } from './quantile-sketch.js'

/** The last seconds that quantiles are computed over, in steps: with each step the oldest part is dropped. */
export interface SlidingWindow {
  readonly maxAgeSeconds: number
  /** Into how many parts the window is divided. */
  readonly ageBuckets: number
  /**
   * The maximum relative error of a quantile. It is here, and not where a summary without a window has it, so that versions
   * that know no windows refuse the descriptor: they would misread the slots.
   */
  readonly relativeError: number
}

/** A window has a sketch for each of its parts: at 2 %, five of them take about as much as one at 1 % without a window. */
export const defaultWindowError = 0.02

const mostBuckets = 1000
/** Bytes of one series, at most: readers take a series in one piece. */
const mostBytes = 4_000_000
/** Milliseconds of one part, at least: clocks have no finer ones. */
const shortestPart = 1

/** Two counts share a slot of eight bytes. */
export function slotsPerBucket(relativeError: number): number {
  return Math.ceil(new QuantileSketch(relativeError).bins / 2)
}

/**
 * Checks the two options of a window. Like prom-client, one without the other opens none.
 *
 * @returns undefined if there is no window
 * @throws MetricsError `OPTION_INVALID`
 */
export function checkWindow(
  metric: string,
  maxAgeSeconds: unknown,
  ageBuckets: unknown,
): Pick<SlidingWindow, 'maxAgeSeconds' | 'ageBuckets'> | undefined {
  if (maxAgeSeconds !== undefined && !(isNumber(maxAgeSeconds) && maxAgeSeconds > 0 && maxAgeSeconds < Infinity))
    throw invalid(metric, `maxAgeSeconds must be a number of seconds above 0, got ${describe(maxAgeSeconds)}`)
  const fits = Number.isInteger(ageBuckets) && (ageBuckets as number) >= 1 && (ageBuckets as number) <= mostBuckets
  if (ageBuckets !== undefined && !fits)
    throw invalid(metric, `ageBuckets must be an integer from 1 to ${mostBuckets}, got ${describe(ageBuckets)}`)
  if (maxAgeSeconds === undefined || ageBuckets === undefined) return undefined
  const window = { maxAgeSeconds: maxAgeSeconds as number, ageBuckets: ageBuckets as number }
  if ((window.maxAgeSeconds * 1000) / window.ageBuckets < shortestPart) {
    const text = `a window of ${maxAgeSeconds} s cannot have ${ageBuckets} ageBuckets: each needs a millisecond or more`
    throw invalid(metric, text)
  }
  return window
}

/** Throws `OPTION_INVALID` for a window whose series take too much memory. */
export function checkWindowSize(metric: string, { ageBuckets, relativeError }: SlidingWindow): void {
  const bytes = 8 * ageBuckets * (1 + slotsPerBucket(relativeError))
  if (bytes <= mostBytes) return
  const size = `${(bytes / 1e6).toFixed(1)} MB`
  const text = `${ageBuckets} ageBuckets with a relativeError of ${relativeError} take ${size} per series, more than ${mostBytes / 1e6} MB; use fewer ageBuckets or a larger relativeError`
  throw invalid(metric, text)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function invalid(metric: string, text: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `${metric}: ${text}`)
}
