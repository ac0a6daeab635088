import type { ClientRequest, IncomingMessage } from 'node:http'
import type { ClientInstrument } from './client-instrument.js'
import { guarded, onChannel } from './guard.js'
import { failureTypeOf } from './label-values.js'

interface ClientEvent {
  readonly request: ClientRequest
}

/** Observes every request that is sent with `node:http` or `node:https`. */
export function watchNodeClient(instrument: ClientInstrument): () => void {
  // Node 20 reports a request when it has been sent, which may be after its response or its failure, or never.
  const heard = ({ request }: ClientEvent) => {
    if (instrument.knows(request)) return
    instrument.begun(request, request.method, originOf(request))
    // The end in every case: answered, failed, or upgraded to another protocol.
    request.once(
      'close',
      guarded(() => instrument.ended(request)),
    )
  }
  const undo = [
    onChannel('http.client.request.created', heard),
    onChannel('http.client.request.start', heard),
    onChannel(
      'http.client.response.finish',
      ({ request, response }: ClientEvent & { readonly response: IncomingMessage }) => {
        heard({ request })
        instrument.answered(request, response.statusCode ?? 0, reachedOrigin(request))
        // This may run before or after the request is closed; the first report counts.
        const incomplete = guarded(() => {
          if (!response.complete) instrument.failed(request, 'ECONNRESET')
        })
        request.prependOnceListener('close', incomplete)
        response.once('close', incomplete)
      },
    ),
    onChannel('http.client.request.error', ({ request, error }: ClientEvent & { readonly error: unknown }) => {
      heard({ request })
      instrument.failed(request, failureTypeOf(error))
    }),
  ]
  return () => undo.forEach((end) => void end())
}

/**
 * Returns the origin to which a request is sent. The `Host` header is not used, because a proxy passes on what clients
 * wrote there, except for the port, which no other property has.
 */
function originOf(request: ClientRequest): string {
  const { protocol, path } = request
  // A request to a forward proxy: the origin of its target counts.
  if (/^https?:\/\//i.test(path) && URL.canParse(path)) return new URL(path).origin
  const host = hostOf(request)
  const header = request.getHeader('host')
  const hostAndPort = typeof header === 'string' && header.startsWith(`${host}:`) ? header : host
  return `${protocol}//${hostAndPort}`
}

/** Returns the origin that a request has reached, with the port of the connection, if the header names another host. */
function reachedOrigin(request: ClientRequest): string | undefined {
  const host = hostOf(request)
  const header = request.getHeader('host')
  if (typeof header === 'string' && (header === host || header.startsWith(`${host}:`))) return undefined
  if (/^https?:\/\//i.test(request.path)) return undefined
  const port = request.socket?.remotePort
  return port === undefined ? undefined : `${request.protocol}//${host}:${port}`
}

function hostOf({ host }: ClientRequest): string {
  return host.includes(':') ? `[${host}]` : host
}
