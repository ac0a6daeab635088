import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { sizeOf } from './body-size.js'
import { Exchange, transportOf } from './exchange.js'
import { guarded } from './guard.js'
import type { ServerInstrument } from './server-instrument.js'

/** Where a stream keeps its exchange: the same for the ESM and the CommonJS build. */
const place = Symbol.for('promhive.exchange')

/** The code of HTTP/2 that a stream ends with when all went well. */
const noError = 0

type Placed = ServerHttp2Stream & { [place]?: StreamExchange }

/** An exchange of HTTP/2: a stream of its own. */
export class StreamExchange extends Exchange {
  private constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly instrument: ServerInstrument,
    headers: IncomingHttpHeaders,
  ) {
    super()
    const method = headers[':method'] ?? 'GET'
    const encrypted = (stream.session?.socket as TLSSocket | undefined)?.encrypted === true
    this.begin({ method, url: headers[':path'] ?? '', headers }, method, transportOf(encrypted, 2, 0))
  }

  static of(stream: ServerHttp2Stream): StreamExchange | undefined {
    return (stream as Placed)[place]
  }

  static open(stream: ServerHttp2Stream, instrument: ServerInstrument, headers: IncomingHttpHeaders): StreamExchange {
    const exchange = new StreamExchange(stream, instrument, headers)
    const placed: Placed = stream
    placed[place] = exchange
    stream.once(
      'close',
      guarded(() => exchange.closed()),
    )
    instrument.begun(exchange)
    return exchange
  }

  private closed(): void {
    const { stream } = this
    this.status = Number(stream.sentHeaders?.[':status'] ?? 0)
    // Node ends the writable side of a stream that the client gave up: only its code tells.
    this.end(this.status === 0 || stream.aborted || stream.rstCode !== noError)
    this.requestSize = this.requestSizeTold()
    this.responseSize = this.responseSizeTold()
    this.instrument.ended(this)
  }

  /** Without a length, a request has a body only where its method is one that has. */
  private requestSizeTold(): number {
    const told = this.request!.headers['content-length']
    return told !== undefined ? sizeOf(told) : this.method === 'GET' || this.method === 'HEAD' ? 0 : -1
  }

  private responseSizeTold(): number {
    if (this.aborted) return -1
    if (this.method === 'HEAD' || this.status === 204 || this.status === 304) return 0
    return sizeOf(this.stream.sentHeaders?.['content-length'])
  }
}
