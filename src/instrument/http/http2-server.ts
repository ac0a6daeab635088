import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { guarded, onChannel } from './guard.js'
import type { ServerInstrument } from './server-instrument.js'
import { StreamExchange } from './stream-exchange.js'

/**
 * Observes every stream of the servers of `node:http2`. Only Node 22 and later have channels for streams. Every version
 * reports when a server starts to listen, and a listener of its `stream` event is sufficient.
 */
export function watchHttp2Servers(instrument: ServerInstrument): () => void {
  const seen = new WeakSet<Server>()
  return onChannel('tracing:net.server.listen:asyncStart', ({ server }: { readonly server: Server }) => {
    if (!isHttp2(server) || seen.has(server)) return
    seen.add(server)
    const begin = guarded(([stream, headers]: readonly [ServerHttp2Stream, IncomingHttpHeaders]) => {
      StreamExchange.open(stream, instrument, headers)
    })
    // Before the listener of the application, which may answer before it returns.
    server.prependListener('stream', (stream, headers) => begin([stream, headers]))
  })
}

/** Node exports no class to check; only such a server has this method. */
function isHttp2(server: Server): server is Http2Server {
  return typeof (server as Partial<Http2Server>).updateSettings === 'function'
}
