import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { declaredSize, headSize, requestSize, sentStatus } from './body-size.js'
import { Exchange, transportOf } from './exchange.js'
import { guarded } from './guard.js'
import type { ServerInstrument } from './server-instrument.js'

/** The property of a socket that has its connection, shared by the ESM and the CommonJS build. */
const place = Symbol.for('promhive.connection')

type Connected = Socket & { [place]?: HttpConnection; readonly encrypted?: boolean }

/** An exchange of HTTP 1, and the response object that it ends with. */
class MessageExchange extends Exchange {
  response: ServerResponse | undefined

  override get headSent(): boolean {
    return this.response?.headersSent === true
  }
}

/**
 * The exchanges of one connection of HTTP 1. A request creates no objects: it reuses the exchange of the previous one,
 * and one listener on the socket sees the end of every exchange in progress.
 */
export class HttpConnection {
  private readonly first = new MessageExchange()
  /** Exchanges of pipelined requests. */
  private others: MessageExchange[] = []
  private readonly encrypted: boolean
  /** Bytes that the socket had written when the last response ended. */
  private wrote: number

  private constructor(
    private readonly socket: Connected,
    private readonly instrument: ServerInstrument,
    /** Whether the server does not belong to the application. */
    private readonly ignored: boolean,
  ) {
    this.encrypted = socket.encrypted === true
    this.wrote = socket.bytesWritten
  }

  static of(socket: Socket | null | undefined): HttpConnection | undefined {
    return (socket as Connected | null | undefined)?.[place]
  }

  static open(socket: Connected, instrument: ServerInstrument, ignored: boolean): HttpConnection {
    const connection = new HttpConnection(socket, instrument, ignored)
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

  /** Called when the socket is closed: exchanges in progress have been aborted. */
  private closed(): void {
    if (this.first.open) this.end(this.first, true)
    for (const exchange of [...this.others]) this.end(exchange, true)
  }

  private end(exchange: MessageExchange, aborted: boolean): void {
    const response = exchange.response!
    // If a stream that was piped into the response failed, the response has its error. A client that disconnects causes
    // no error there.
    if (aborted && response.errored) exchange.recordError(response.errored)
    exchange.end(aborted)
    // A framework may set another status after the status line was sent.
    const sent = aborted || exchange.failedLate ? sentStatus(response) : undefined
    exchange.status = aborted && !response.headersSent ? 0 : (sent ?? response.statusCode)
    try {
      if (this.instrument.measuresSizes && !this.ignored) this.weigh(exchange, response)
      this.instrument.ended(exchange)
    } finally {
      exchange.request = undefined
      exchange.response = undefined
      exchange.templateSource = undefined
      if (exchange !== this.first) this.others = this.others.filter((one) => one !== exchange)
    }
  }

  /** Measures uncounted exchanges as well, because the size of the next one starts where they end. */
  private weigh(exchange: MessageExchange, response: ServerResponse): void {
    exchange.responseSize = exchange.aborted ? -1 : this.responseSize(exchange, response)
    if (exchange.measured) exchange.requestSize = requestSize(exchange.request as IncomingMessage)
  }

  /**
   * Returns the size of a response whose head does not declare it: the bytes that the connection wrote since the
   * previous response, including the few bytes of HTTP around each chunk. The socket is read once per response, because
   * that is the slowest part.
   */
  private responseSize({ method }: MessageExchange, response: ServerResponse): number {
    const declared = declaredSize(response, method)
    const head = headSize(response)
    if (declared >= 0 && head >= 0) {
      this.wrote += head + declared
      return declared
    }
    const before = this.wrote
    this.wrote = this.socket.bytesWritten
    return declared >= 0 ? declared : Math.max(-1, this.wrote - before - Math.max(head, 0))
  }

  private another(): MessageExchange {
    const exchange = new MessageExchange()
    this.others.push(exchange)
    return exchange
  }
}
