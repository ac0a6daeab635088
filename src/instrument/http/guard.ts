import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { metricContext } from '../../metric/context.js'
import { MetricsError, reasonOf } from '../../model/errors.js'

/** Wraps a listener so that its errors do not reach the request, where they would end the process. */
export function guarded<M>(see: (message: M) => void): (message: unknown) => void {
  return (message) => {
    try {
      see(message as M)
    } catch (cause) {
      report(cause)
    }
  }
}

/** Listens on a diagnostics channel; returns a function that stops listening. */
export function onChannel<M>(name: string, see: (message: M) => void): () => void {
  const listener = guarded(see)
  subscribe(name, listener)
  return () => unsubscribe(name, listener)
}

export function report(cause: unknown): void {
  const text = `an HTTP request could not be measured: ${reasonOf(cause)}; it continues`
  metricContext().onError(new MetricsError('INSTRUMENT_FAILED', text, { cause }))
}
