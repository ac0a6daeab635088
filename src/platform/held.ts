import { clearInterval, setInterval } from './timers.js'

let waiting = 0
let keeper: NodeJS.Timeout | undefined

/**
 * Keeps the process running until a promise settles, for promises that an application awaits. Timers and connections of
 * promhive do not keep it running, so the process could otherwise end during the wait.
 */
export function held<T>(promise: Promise<T>): Promise<T> {
  if (waiting++ === 0) keeper = setInterval(() => {}, 2 ** 31 - 1)
  return promise.finally(() => {
    if (--waiting === 0) clearInterval(keeper)
  })
}

/** Makes methods of a class keep the process running until their promises settle. */
export function holdAwaited<T extends object, K extends keyof T>(prototype: T, ...names: readonly K[]): void {
  for (const name of names) {
    const method = prototype[name] as (...args: unknown[]) => Promise<unknown>
    prototype[name] = function (this: T, ...args: unknown[]) {
      return held(method.apply(this, args))
    } as T[K]
  }
}
