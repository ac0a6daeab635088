import { clearTimeout, setTimeout } from '../runtime/timers.js'

/** Rejects when it takes too long; whatever comes later is nobody's. Does not keep the process running. */
export function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${milliseconds / 1000} s`))
    const timer = setTimeout(late, milliseconds).unref()
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
