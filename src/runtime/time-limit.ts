import { clearTimeout, setTimeout } from './timers.js'

/**
 * Waits for a promise, and rejects after a timeout. A later answer is ignored. The timer does not keep
 * the process running.
 */
export function withTimeout<T>(promise: PromiseLike<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${milliseconds / 1000} s`))
    const timer = setTimeout(late, milliseconds).unref()
    promise.then(resolve, reject).then(() => clearTimeout(timer))
  })
}
