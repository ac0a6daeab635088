import type { ClientInstrument } from './client-instrument.js'
import { onChannel } from './guard.js'
import { failureTypeOf } from './label-values.js'

/** The documented properties of undici's request in these channels. */
interface UndiciEvent {
  readonly request: {
    readonly origin?: unknown
    readonly method?: string
    /** The protocol of an upgrade, whose end is not reported. */
    readonly upgrade?: unknown
  }
}

/** Observes every request that is sent with `fetch` or with undici, from Node or from the package. */
export function watchUndici(instrument: ClientInstrument): () => void {
  const undo = [
    onChannel('undici:request:create', ({ request }: UndiciEvent) => {
      if (request.upgrade || request.method === 'CONNECT') return
      instrument.begun(request, request.method ?? 'GET', String(request.origin ?? ''))
    }),
    onChannel(
      'undici:request:headers',
      ({ request, response }: UndiciEvent & { readonly response: { statusCode: number } }) =>
        instrument.answered(request, response.statusCode),
    ),
    onChannel('undici:request:trailers', ({ request }: UndiciEvent) => instrument.ended(request)),
    onChannel('undici:request:error', ({ request, error }: UndiciEvent & { readonly error: unknown }) => {
      instrument.failed(request, failureTypeOf(error))
      instrument.ended(request)
    }),
  ]
  return () => undo.forEach((end) => void end())
}
