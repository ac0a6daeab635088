import { isLabelObject } from '../model/label-set.js'

/** Starts a clock; the returned function returns the seconds since. Its source is looked up at each call: tests fake it. */
export function startClock(): () => number {
  const start = process.hrtime()
  return () => {
    const [seconds, nanoseconds] = process.hrtime(start)
    return seconds + nanoseconds / 1e9
  }
}

/**
 * Starts a clock; the returned function stops it and passes on the seconds.
 *
 * The labels are read when it stops: callers put the status of a response into the object that they started with.
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

/** An object that holds no labels is passed on, so that `done` refuses it: a copy of it would be `{}`. */
function combined(first: object | undefined, second: object | undefined): object | undefined {
  if (first === undefined && second === undefined) return undefined
  if (first && !isLabelObject(first)) return first
  return second && !isLabelObject(second) ? second : Object.assign({}, first, second)
}
