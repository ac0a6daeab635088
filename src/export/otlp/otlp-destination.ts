import type { Gatherer } from '../../gather/gatherer.js'
import { systemNow } from '../../platform/system-time.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Destination, ExportedSamples } from '../contract.js'
import { gzipped, HttpPoster, PostFailed } from '../send/http-poster.js'
import type { SentAmounts } from '../sent-amounts.js'
import { partialSuccess, refusalIn } from './answer.js'
import { type DeltaBatch, DeltaState } from './delta-state.js'
import type { RequestHead } from './encoding.js'
import { JsonEncoding } from './json-encoding.js'
import type { OtlpSettings } from './otlp-settings.js'
import { ProtobufEncoding } from './protobuf-encoding.js'
import { RequestWriter } from './requests.js'

/** The statuses after which a request may be repeated. Source: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const retryable: readonly number[] = [429, 502, 503, 504]

/** Bytes of a request before compression: few enough to be written at once, and accepted by every receiver. */
const maxBytes = 2 ** 20

/** Milliseconds before the end of the time for an export at which the last try ends, so that its reason is reported. */
const margin = 100

/** A request, compressed if the settings say so. */
interface PackedRequest {
  readonly body: Promise<Uint8Array>
  readonly points: number
  readonly batch: DeltaBatch
}

export interface OtlpContext {
  /** Returns the resource and the scope of the metrics. */
  head(): RequestHead
  /** Milliseconds for one export. */
  readonly timeout: number
  /** Receives a warning of the receiver. */
  warn(text: string): void
  /** Keeps what the receiver has accepted, if differences are sent. */
  readonly amounts?: SentAmounts | undefined
}

/** Sends metrics to a receiver of OTLP over HTTP. */
export class OtlpDestination implements Destination {
  readonly place: string
  private readonly poster: HttpPoster
  private readonly deltas: DeltaState
  private firstTime: number | undefined
  private warned = ''

  constructor(
    private readonly settings: OtlpSettings,
    private readonly context: OtlpContext,
  ) {
    const { url, headers, tls } = settings
    this.poster = new HttpPoster({
      url,
      headers,
      tls,
      timeout: context.timeout,
      retries: (status) => retryable.includes(status),
      reasonIn: refusalIn,
      names: { usualPath: '/v1/metrics', caOption: 'certificate' },
    })
    this.place = this.poster.address
    this.deltas = new DeltaState(context.amounts)
  }

  async send(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    const deadline = monotonicNow() + Math.max(this.context.timeout - margin, this.context.timeout / 2)
    const { requests, contentType, time } = await this.requests(gatherer, signal)
    const headers = { 'content-type': contentType, ...(this.settings.gzip && { 'content-encoding': 'gzip' }) }
    let [samples, dropped] = [0, 0]
    let reason: string | undefined
    for (const { body, points, batch } of requests) {
      try {
        const answer = await this.poster.post({ body: await body, headers, deadline, signal })
        await this.deltas.commit(batch, time)
        const { rejected, message } = partialSuccess(answer)
        samples += points - rejected
        dropped += rejected
        if (rejected > 0) reason = message
        else if (message !== '') this.warn(message)
      } catch (cause) {
        // Another request may be accepted, unless the receiver refuses all.
        if (!(cause instanceof PostFailed) || !(cause.status === 400 || cause.status === 413) || requests.length === 1)
          throw cause
        dropped += points
        reason = cause.message
      }
    }
    await this.deltas.forgetObsolete()
    return { samples, dropped, reason }
  }

  standby(): void {
    this.deltas.standby()
  }

  close(): void {
    this.poster.close()
  }

  /** Writes all requests before the first one is sent: a slow receiver must not delay scrapes. */
  private async requests(gatherer: Gatherer, signal: AbortSignal) {
    const { settings, deltas } = this
    const head = this.context.head()
    const encoding = settings.protocol === 'http/json' ? new JsonEncoding(head) : new ProtobufEncoding(head)
    const gathered = await gatherer.gather({ exemplars: true, signal })
    try {
      const time = systemNow()
      this.firstTime ??= time
      await deltas.begin(gathered)
      const options = { ...settings, maxBytes, time, unknownStart: this.firstTime }
      const requests: PackedRequest[] = []
      for await (const { body, ...request } of new RequestWriter(gathered, encoding, deltas, options).write()) {
        signal.throwIfAborted()
        const packed = settings.gzip ? gzipped(body) : Promise.resolve(body)
        // Awaited later; until then, an error has a handler.
        packed.catch(() => {})
        requests.push({ body: packed, ...request })
      }
      return { requests, contentType: encoding.contentType, time }
    } finally {
      gathered.release()
    }
  }

  /** Passes a warning on once. */
  private warn(text: string): void {
    if (text === this.warned) return
    this.warned = text
    this.context.warn(`otlp: ${this.place} says: ${text}`)
  }
}
