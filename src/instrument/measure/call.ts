import { types } from 'node:util'
import type { CallLabels, CallMetrics } from './call-metrics.js'

type Settled = ((value: unknown) => unknown) | null | undefined

interface Thenable {
  then(onResult?: Settled, onError?: Settled): unknown
}

let clock: typeof performance | undefined

/** Not of the global object, which is a getter. */
function now(): number {
  clock ??= process.getBuiltinModule('node:perf_hooks').performance
  return clock.now()
}

/** One call of a measured function, from its beginning to the end of what it returned. Each end counts once. */
export class Call {
  private since = now()
  private inProgress: boolean
  private over = false

  constructor(
    private readonly metrics: CallMetrics,
    private readonly labels: CallLabels,
  ) {
    this.inProgress = metrics.entered(labels)
  }

  /** Returns the result of the function, or a promise instead of it. */
  returned(result: unknown): unknown {
    if (typeof result === 'object' && result !== null) {
      if (types.isPromise(result)) return this.settling(result)
      if (types.isGeneratorObject(result)) return this.iterating(result as Iterator<unknown>)
      if (isThenable(result)) return this.awaited(result)
    }
    this.succeeded(result)
    return result
  }

  succeeded(result: unknown): void {
    if (!this.ends()) return
    this.metrics.succeeded(this.labels, now() - this.since, result)
  }

  failed(error: unknown): void {
    if (!this.ends()) return
    this.metrics.failed(this.labels, now() - this.since, error)
  }

  private ends(): boolean {
    if (this.over) return false
    this.over = true
    this.pause()
    return true
  }

  private pause(): void {
    if (this.inProgress) this.metrics.left(this.labels)
    this.inProgress = false
  }

  private resume(): void {
    if (!this.over && !this.inProgress) this.inProgress = this.metrics.entered(this.labels)
  }

  /**
   * Returns a new promise: a handler on the original one would mark a rejection as handled even if the application does
   * not handle it. The new promise gets the own properties of the original one.
   */
  private settling(promise: Promise<unknown>): Promise<unknown> {
    const settled = promise.then(
      (value) => {
        this.succeeded(value)
        return value
      },
      (error) => {
        this.failed(error)
        throw error
      },
    )
    if (Reflect.ownKeys(promise).length > 0) {
      Object.defineProperties(settled, Object.getOwnPropertyDescriptors(promise))
    }
    return settled
  }

  /**
   * For query builders and similar objects, which have other methods and often start only when `then` is called:
   * returns the object itself, and its `then` ends the call. If its `then` cannot be replaced, the call ends here.
   */
  private awaited(thenable: Thenable): unknown {
    const { then } = thenable
    const call = this
    const replaced = replace(thenable, 'then', function (this: unknown, onResult?: Settled, onError?: Settled) {
      call.resume()
      return then.call(
        this as Thenable,
        (value) => {
          call.succeeded(value)
          return typeof onResult === 'function' ? onResult(value) : value
        },
        (error) => {
          call.failed(error)
          if (typeof onError === 'function') return onError(error)
          throw error
        },
      )
    })
    if (replaced) this.pause()
    else this.succeeded(thenable)
    return thenable
  }

  /** A call of a generator ends with its last step. */
  private iterating(generator: Iterator<unknown> | AsyncIterator<unknown>): unknown {
    const call = this
    let started = false
    this.pause()
    for (const verb of ['next', 'return', 'throw'] as const) {
      const step = generator[verb] as (...args: unknown[]) => unknown
      replace(generator, verb, function (this: unknown, ...args: unknown[]) {
        if (!started) call.since = now()
        started = true
        call.resume()
        try {
          const taken = step.apply(this, args)
          return types.isPromise(taken) ? taken.then(call.stepped, call.broke) : call.stepped(taken)
        } catch (error) {
          return call.broke(error)
        }
      })
    }
    return generator
  }

  private readonly stepped = (step: unknown): unknown => {
    const { done, value } = step as IteratorResult<unknown>
    if (done === true) this.succeeded(value)
    return step
  }

  private readonly broke = (error: unknown): never => {
    this.failed(error)
    throw error
  }
}

function isThenable(value: object): value is Thenable {
  try {
    return typeof (value as Partial<Thenable>).then === 'function'
  } catch {
    return false
  }
}

function replace(target: object, name: string, value: unknown): boolean {
  return Reflect.defineProperty(target, name, { value, configurable: true, enumerable: false, writable: true })
}
