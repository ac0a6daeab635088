import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { requestSize, responseSize } from './body-size.js'
import { Exchange, transportOf } from './exchange.js'
import { guarded } from './guard.js'
import type { ServerInstrument } from './server-instrument.js'

/** Where a socket keeps its connection: the same for the ESM and the CommonJS build. */
const place = Symbol.for('promhive.connection')

type Connected = Socket & { [place]?: Connection; readonly encrypted?: boolean }

/** An exchange of HTTP 1, and the response object that it ends with. */
class MessageExchange extends Exchange {
  response: ServerResponse | undefined
}

/**
 * What goes on on one connection of HTTP 1. A request costs little but arithmetic: it uses the exchange of the one before,
 * and one listener on the socket sees the end of whatever is under way.
 */
export class Connection {
  private readonly first = new MessageExchange()
  /** Of requests that were sent before the one in front was answered. */
  private others: MessageExchange[] = []
  private readonly encrypted: boolean

  private constructor(
    private readonly socket: Connected,
    private readonly instrument: ServerInstrument,
    /** Whether its server is none of the application's. */
    private readonly ignored: boolean,
  ) {
    this.encrypted = socket.encrypted === true
  }

  static of(socket: Socket | null | undefined): Connection | undefined {
    return (socket as Connected | null | undefined)?.[place]
  }

  static open(socket: Connected, instrument: ServerInstrument, ignored: boolean): Connection {
    const connection = new Connection(socket, instrument, ignored)
    socket[place] = connection
    socket.once(
      'close',
      guarded(() => connection.closed()),
    )
    return connection
  }

  begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange = this.first.open ? this.another() : this.first
    const transport = transportOf(this.encrypted, request.httpVersionMajor, request.httpVersionMinor)
    exchange.begin(request, request.method ?? '', transport)
    exchange.response = response
    if (this.instrument.measuresSizes) exchange.written = this.socket.bytesWritten
    if (!this.ignored) this.instrument.begun(exchange)
    return exchange
  }

  exchangeOf(request: IncomingMessage): MessageExchange | undefined {
    if (this.first.open && this.first.request === request) return this.first
    return this.others.find((exchange) => exchange.request === request)
  }

  answered(request: IncomingMessage): void {
    const exchange = this.exchangeOf(request)
    if (exchange !== undefined) this.end(exchange, false)
  }

  /** The socket is gone: what was under way has been aborted. */
  private closed(): void {
    if (this.first.open) this.end(this.first, true)
    for (const exchange of [...this.others]) this.end(exchange, true)
  }

  private end(exchange: MessageExchange, aborted: boolean): void {
    exchange.end(aborted)
    const response = exchange.response!
    exchange.status = aborted && !response.headersSent ? 0 : response.statusCode
    try {
      if (exchange.measured) this.count(exchange, response)
    } finally {
      exchange.request = undefined
      exchange.response = undefined
      if (exchange !== this.first) this.others = this.others.filter((one) => one !== exchange)
    }
  }

  private count(exchange: MessageExchange, response: ServerResponse): void {
    if (this.instrument.measuresSizes) {
      exchange.requestSize = requestSize(exchange.request as IncomingMessage)
      exchange.responseSize = exchange.aborted ? -1 : responseSize(response, exchange, this.socket)
    }
    this.instrument.ended(exchange)
  }

  private another(): MessageExchange {
    const exchange = new MessageExchange()
    this.others.push(exchange)
    return exchange
  }
}
