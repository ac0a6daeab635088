import type { ClientRequest, IncomingMessage } from 'node:http'
import type { ClientInstrument } from './client-instrument.js'
import { guarded, onChannel } from './guard.js'
import { failureTypeOf } from './label-values.js'

interface Told {
  readonly request: ClientRequest
}

/** Sees every request that is sent with `node:http` or `node:https`. */
export function watchNodeClient(instrument: ClientInstrument): () => void {
  const undo = [
    onChannel('http.client.request.start', ({ request }: Told) => {
      const host = request.getHeader('host') ?? request.host
      instrument.begun(request, request.method, `${request.protocol}//${host}`)
      // The end of whatever became of it: answered, failed, or handed over to another protocol.
      request.once(
        'close',
        guarded(() => instrument.ended(request)),
      )
    }),
    onChannel('http.client.response.finish', ({ request, response }: Told & { readonly response: IncomingMessage }) => {
      instrument.answered(request, response.statusCode ?? 0)
      response.once(
        'close',
        guarded(() => {
          if (!response.complete) instrument.failed(request, 'ECONNRESET')
        }),
      )
    }),
    onChannel('http.client.request.error', ({ request, error }: Told & { readonly error: unknown }) =>
      instrument.failed(request, failureTypeOf(error)),
    ),
  ]
  return () => undo.forEach((end) => void end())
}
