import { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from './timers.js'

/**
 * Waits for a promise, and rejects after a timeout. A later answer is ignored. The timer does not keep
 * the process running.
 */
export function withTimeout<T>(promise: PromiseLike<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${milliseconds / 1000} s`))
    const timer = setTimeout(() => afterInput(late), milliseconds).unref()
    promise.then(resolve, reject).then(() => clearTimeout(timer))
  })
}

/**
 * The same for work in steps: rejects if no step was made within the timeout, or at the latest within twice the
 * timeout.
 *
 * @param steps returns the number of steps so far
 */
export function withProgress<T>(promise: PromiseLike<T>, milliseconds: number, steps: () => number): Promise<T> {
  return new Promise((resolve, reject) => {
    let before = steps()
    const late = (): void => {
      if (steps() === before) reject(new Error(`no answer within ${milliseconds / 1000} s`))
      before = steps()
    }
    const timer = setInterval(() => afterInput(late), milliseconds).unref()
    promise.then(resolve, reject).then(() => clearInterval(timer))
  })
}

/**
 * Runs a function once the event loop has read from its sockets: a process that was suspended runs its timers before it
 * reads the answers that arrived meanwhile. Waits one more turn for answers that are decrypted first.
 */
function afterInput(run: () => void): void {
  setImmediate(() => setImmediate(run))
}
