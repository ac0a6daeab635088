import { clearInterval, setInterval } from './timers.js'

/** The longest interval that Node's timers take, in milliseconds. */
const longest = 2 ** 31 - 1

/** Keeps the process running until a promise has settled: sockets and timers of this package do not. */
export function keepRunning<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longest)
  return promise.finally(() => clearInterval(timer))
}
