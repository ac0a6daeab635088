import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { metricContext } from '../../metric/context.js'
import { MetricsError } from '../../model/errors.js'

/** What is thrown here must not reach the request: Node would end the process. */
export function guarded<M>(see: (message: M) => void): (message: unknown) => void {
  return (message) => {
    try {
      see(message as M)
    } catch (cause) {
      report(cause)
    }
  }
}

/** Listens on a diagnostics channel; gives what ends it. */
export function onChannel<M>(name: string, see: (message: M) => void): () => void {
  const listener = guarded(see)
  subscribe(name, listener)
  return () => unsubscribe(name, listener)
}

export function report(cause: unknown): void {
  const text = cause instanceof Error ? cause.message : String(cause)
  metricContext().onError(
    new MetricsError('INSTRUMENT_FAILED', `an HTTP request could not be measured: ${text}; it continues`, { cause }),
  )
}
