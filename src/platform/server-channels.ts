import { channel, subscribe } from 'node:diagnostics_channel'
import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The message of node:http about a request of HTTP 1, encrypted or not. */
export interface ServerEvent {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly server: Server
}

const started = 'http.server.request.start'
const finished = 'http.server.response.finish'

/** Shared by the ESM and the CommonJS build. */
const provided = Symbol.for('promhive.server-channels')

/**
 * Publishes the channels of node:http about requests and responses where the runtime does not: Bun has the servers of
 * node:http without them. A version of Bun that publishes a request itself is left to do so.
 */
export function provideServerChannels(): void {
  const prototype = Server.prototype as Server & { [provided]?: true }
  if (process.versions.bun === undefined || prototype[provided]) return
  prototype[provided] = true
  const known = new WeakSet<object>()
  subscribe(started, (message) => void known.add((message as ServerEvent).request))
  const [start, finish] = [channel(started), channel(finished)]
  const emit = prototype.emit as (this: Server, event: string | symbol, ...args: unknown[]) => boolean
  prototype.emit = function (this: Server, event: string | symbol, ...args: unknown[]) {
    if (event === 'request' && !known.has(args[0] as object)) {
      const [request, response] = args as [IncomingMessage, ServerResponse]
      const message: ServerEvent = { request, response, socket: request.socket, server: this }
      start.publish(message)
      response.once('finish', () => finish.publish(message))
    }
    return emit.call(this, event, ...args)
  } as Server['emit']
}
