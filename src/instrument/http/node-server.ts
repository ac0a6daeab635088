import { provideServerChannels, type ServerEvent } from '../../platform/server-channels.js'
import { HttpConnection } from './connection.js'
import { onChannel } from './guard.js'
import type { ServerInstrument } from './server-instrument.js'

/** Marks promhive's own servers, because scrapes are not requests to the application. */
const ownServer = Symbol.for('promhive.metrics-server')

/** Observes every request to the servers of `node:http` and `node:https`, including those of all frameworks. */
export function watchNodeServers(instrument: ServerInstrument): () => void {
  provideServerChannels()
  const undo = [
    onChannel('http.server.request.start', ({ request, response, socket, server }: ServerEvent) => {
      const connection = HttpConnection.of(socket) ?? HttpConnection.open(socket, instrument, ownServer in server)
      connection.begin(request, response)
    }),
    onChannel('http.server.response.finish', ({ request, socket }: ServerEvent) =>
      HttpConnection.of(socket)?.answered(request),
    ),
  ]
  return () => undo.forEach((each) => void each())
}
