import { isLabelObject } from '../model/label-set.js'

/** Starts a clock; the returned function returns the seconds since. The source is read at each call: tests fake it. */
export function startClock(): () => number {
  const start = process.hrtime()
  return () => {
    const [seconds, nanoseconds] = process.hrtime(start)
    return seconds + nanoseconds / 1e9
  }
}

/**
 * Starts a clock; the returned function stops it and passes the seconds to `done`.
 *
 * The labels are read at the end, because callers add the status of a response to the object that they started with.
 */
export function startTimer(
  startLabels: object | undefined,
  done: (labels: object | undefined, seconds: number) => void,
): (endLabels?: object) => number {
  const secondsSince = startClock()
  return (endLabels) => {
    const seconds = secondsSince()
    done(combined(startLabels, endLabels), seconds)
    return seconds
  }
}

/** An object that cannot have labels is passed on, so that `done` refuses it: a copy would be `{}`. */
function combined(first: object | undefined, second: object | undefined): object | undefined {
  if (first === undefined && second === undefined) return undefined
  if (first && !isLabelObject(first)) return first
  return second && !isLabelObject(second) ? second : Object.assign({}, first, second)
}
