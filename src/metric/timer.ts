import { isLabelObject } from '../model/label-set.js'

/**
 * Returns the seconds since `start`, a result of `process.hrtime()`. The function is looked up at each call, because
 * tests fake the clock.
 */
function secondsSince(start: [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime(start)
  return seconds + nanoseconds / 1e9
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
  const start = process.hrtime()
  return (endLabels) => {
    const seconds = secondsSince(start)
    done(combined(startLabels, endLabels), seconds)
    return seconds
  }
}

/** An object that cannot have labels is passed on, so that `done` refuses it: a copy would be `{}`. */
function combined(first: object | undefined, second: object | undefined): object | undefined {
  if (first === undefined && second === undefined) return undefined
  return [first, second].find((each) => each && !isLabelObject(each)) ?? { ...first, ...second }
}
