import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { sizeOf } from './body-size.js'
import { Exchange, transportOf } from './exchange.js'
import { guarded } from './guard.js'
import { errorTypeOf } from './label-values.js'
import type { ServerInstrument } from './server-instrument.js'

/** The property of a stream that has its exchange, shared by the ESM and the CommonJS build. */
const place = Symbol.for('promhive.exchange')

/** The HTTP/2 code of a stream that ended without an error. */
const noError = 0

/** Whether an error is Node's own for the code with which the other side ended a stream or a session. */
function isOfProtocol({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_HTTP2_')
}

type MeasuredStream = ServerHttp2Stream & { [place]?: StreamExchange }

/** An exchange of HTTP/2, which is one stream. */
export class StreamExchange extends Exchange {
  private readonly session

  private constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly instrument: ServerInstrument,
    headers: IncomingHttpHeaders,
  ) {
    super()
    this.session = stream.session
    const method = headers[':method'] ?? 'GET'
    const encrypted = (stream.session?.socket as TLSSocket | undefined)?.encrypted === true
    this.begin({ method, url: headers[':path'] ?? '', headers }, method, transportOf(encrypted, 2, 0))
  }

  static of(stream: ServerHttp2Stream): StreamExchange | undefined {
    return (stream as MeasuredStream)[place]
  }

  static open(stream: ServerHttp2Stream, instrument: ServerInstrument, headers: IncomingHttpHeaders): StreamExchange {
    const exchange = new StreamExchange(stream, instrument, headers)
    const placed: MeasuredStream = stream
    placed[place] = exchange
    stream.once(
      'close',
      guarded(() => exchange.closed()),
    )
    instrument.begun(exchange)
    return exchange
  }

  override get headSent(): boolean {
    return this.stream.headersSent
  }

  override get abandoned(): boolean {
    return this.stream.aborted
  }

  private closed(): void {
    const { stream } = this
    this.status = Number(stream.sentHeaders?.[':status'] ?? 0)
    // A session that ends closes its streams, with its own error.
    if (stream.errored && this.session?.destroyed !== true && !isOfProtocol(stream.errored)) {
      this.metInStream(stream.errored)
    }
    // Node ends the writable side of a stream that the client cancelled; only the code shows that.
    this.end(this.status === 0 || stream.aborted || stream.rstCode !== noError)
    this.requestSize = this.declaredRequestSize()
    this.responseSize = this.declaredResponseSize()
    this.instrument.ended(this)
  }

  /** The stream is closed by now, so `abandoned` would report that the client disconnected first. */
  private metInStream(error: Error): void {
    this.errorType ??= errorTypeOf(error)
    this.failedLate ||= this.status !== 0
  }

  /** Without a length, the method determines whether a request has a body. */
  private declaredRequestSize(): number {
    const declared = this.request!.headers['content-length']
    return declared !== undefined ? sizeOf(declared) : this.method === 'GET' || this.method === 'HEAD' ? 0 : -1
  }

  private declaredResponseSize(): number {
    if (this.aborted) return -1
    if (this.method === 'HEAD' || this.status === 204 || this.status === 304) return 0
    return sizeOf(this.stream.sentHeaders?.['content-length'])
  }
}
