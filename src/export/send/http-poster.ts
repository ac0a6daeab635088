import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { reasonOf } from '../../model/errors.js'
import { inLine } from '../../model/terminal-text.js'
import { systemNow } from '../../platform/system-time.js'
import { clearTimeout, monotonicNow, setTimeout } from '../../platform/timers.js'
import { BackOff, type BackOffTimes, retryAfter } from './back-off.js'
import { type CompleteAnswer, ConnectionWasClosed, exchange, TimedOut } from './exchange.js'
import { adviceFor } from './fault-advice.js'
import type { TlsContents, TlsFiles } from './tls-files.js'

/** Bytes of an answer that are read. */
const longestAnswer = 65_536

/** Characters of an answer that an error text shows. */
const longestReason = 300

/** Errors of TLS, which another try does not change. */
const permanent = /CERT|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH/

export interface HttpPosterOptions {
  /** The address, with `user:password@` for basic authentication. */
  readonly url: URL
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds for one request and its complete answer. */
  readonly timeout: number
  /** The certificates for `https:`. */
  readonly tls?: TlsFiles | undefined
  /** Whether the same request may succeed later, after an answer with this status. */
  readonly retries: (status: number) => boolean
  /** By default 1 s, and at most 30 s. */
  readonly backOff?: BackOffTimes | undefined
  /** Reads the reason from an answer with another status than 2xx; by default its text. */
  readonly reasonIn?: ((answer: PostAnswer) => string) | undefined
  /** For error texts: the usual path of such a receiver, and the option for the certificates to trust. */
  readonly names: { readonly usualPath: string; readonly caOption: string }
}

/** A body to send. */
export interface Post {
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The time of `monotonicNow()` until which it may be tried. */
  readonly deadline: number
  /** Ends the post, which then rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

/** The answer to a post, of which at most 64 KiB are read. */
export interface PostAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A post that was not accepted. The message has the address without credentials. */
export class PostFailed extends Error {
  /**
   * @param status that of the last answer; undefined if there was none
   * @param retryable whether the same post may succeed later
   * @param headers those of the last answer
   */
  constructor(
    message: string,
    readonly status: number | undefined,
    readonly retryable: boolean,
    options?: ErrorOptions,
    readonly headers: IncomingHttpHeaders = {},
  ) {
    super(message, options)
  }
}

/**
 * Posts bodies to one address, with retries. Neither its connections nor its timers keep the process running; wrap a call
 * that an application awaits in `held()`.
 */
export class HttpPoster {
  /** The address for error texts, without the credentials and the query, which may contain some. */
  readonly address: string
  private agent: http.Agent | undefined
  private contents: TlsContents | undefined
  /** The time until which a server asked to wait. */
  private pausedUntil = 0

  constructor(private readonly options: HttpPosterOptions) {
    const { url } = options
    this.address = `${url.protocol}//${url.host}${url.pathname}`
  }

  /**
   * Posts a body until an answer has a status of 2xx, until a status is not one to retry, or until the deadline.
   *
   * A certificate of another server, for example, is not retried either. A `Retry-After` header applies to later posts as
   * well.
   *
   * @throws `PostFailed`, or the reason of the signal
   */
  async post({ body, headers, deadline, signal }: Post): Promise<PostAnswer> {
    const backOff = new BackOff(this.options.backOff ?? { first: 1_000, most: 30_000 })
    let before: PostFailed | undefined
    for (let tries = 1; ; tries++) {
      const pause = this.pausedUntil - monotonicNow()
      if (pause > 0) await this.wait(pause, deadline, signal, () => this.paused(pause))
      const failed = await this.tryOnce(body, headers, deadline, signal)
      if (!(failed instanceof PostFailed)) return failed
      if (!failed.retryable) throw failed
      // The last try may have had no time for an answer; the one before has the reason.
      const reason = failed.cause instanceof TimedOut && before !== undefined ? before : failed
      before = reason
      const longer = this.pausedUntil - monotonicNow()
      // A connection that had been idle says nothing about the server.
      const wait = failed.cause instanceof ConnectionWasClosed ? 0 : Math.max(backOff.next(), longer)
      await this.wait(wait, deadline, signal, () => afterTries(reason, tries))
    }
  }

  /** Closes the idle connections. The poster may be used again. */
  close(): void {
    this.agent?.destroy()
    this.agent = undefined
  }

  private async tryOnce(
    body: Uint8Array,
    headers: Post['headers'],
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<PostAnswer | PostFailed> {
    const { url, timeout, retries, names } = this.options
    let answer: CompleteAnswer
    const left = Math.round(Math.min(timeout, deadline - monotonicNow()))
    if (left < 1) {
      const cause = new TimedOut(0)
      return new PostFailed(`no time was left to send to ${this.address}`, undefined, true, { cause })
    }
    try {
      const options = {
        ...urlToHttpOptions(url),
        agent: await this.currentAgent(),
        method: 'POST',
        headers: { ...this.options.headers, ...headers, 'content-length': body.length },
      }
      answer = await exchange(options, body, { timeout: left, longestAnswer, holdsProcess: false, signal })
    } catch (cause) {
      if (signal?.aborted) throw cause
      const { code = '' } = cause as NodeJS.ErrnoException
      const advice = adviceFor(cause, url.protocol, names.caOption)
      const text = `${this.address} did not accept the request (${reasonOf(cause)}${advice})`
      return new PostFailed(text, undefined, !permanent.test(String(code)), { cause })
    }
    const { statusCode: status = 0, headers: received } = answer.response
    const posted: PostAnswer = { status, headers: received, body: answer.body }
    if (status >= 200 && status < 300) return posted
    const retryable = retries(status)
    const requested = retryable ? retryAfter(received['retry-after'], systemNow()) : undefined
    if (requested !== undefined) this.pausedUntil = monotonicNow() + requested
    const text = `${this.address} answered with status ${status}${this.reason(posted)}`
    return new PostFailed(text, status, retryable, undefined, received)
  }

  private reason(answer: PostAnswer): string {
    const { status } = answer
    if (status >= 300 && status < 400) return ': redirects are not followed'
    const text = (this.options.reasonIn ?? textOf)(answer).trim().slice(0, longestReason)
    const said = text === '' ? '' : `, ${inLine(text)}`
    const { usualPath } = this.options.names
    const isElsewhere = (status === 404 || status === 405) && this.options.url.pathname !== usualPath
    return isElsewhere ? `${said}; is the path right? It is usually ${usualPath}` : said
  }

  private paused(milliseconds: number): PostFailed {
    const seconds = Math.ceil(milliseconds / 1000)
    return new PostFailed(`${this.address} asked to wait for ${seconds} s more`, undefined, true)
  }

  /** Waits, unless the wait would end after the deadline. */
  private async wait(
    milliseconds: number,
    deadline: number,
    signal: AbortSignal | undefined,
    tooLate: () => PostFailed,
  ): Promise<void> {
    if (monotonicNow() + milliseconds >= deadline) throw tooLate()
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        if (signal?.aborted) reject(signal.reason)
        else resolve()
      }
      const timer = setTimeout(done, milliseconds).unref()
      signal?.addEventListener('abort', done)
    })
  }

  /** Returns the agent with the current certificates. */
  private async currentAgent(): Promise<http.Agent> {
    const { url, tls } = this.options
    if (url.protocol !== 'https:') return (this.agent ??= new http.Agent({ keepAlive: true }))
    const contents = await tls?.current()
    if (contents !== this.contents) this.close()
    this.contents = contents
    return (this.agent ??= new https.Agent({ keepAlive: true, ...contents }))
  }
}

/** Compresses a body with gzip, outside of the event loop. The header that names the encoding is the caller's. */
export function gzipped(body: Uint8Array): Promise<Uint8Array> {
  return promisify(gzip)(body)
}

function textOf({ headers, body }: PostAnswer): string {
  return /text|json|xml/.test(headers['content-type'] ?? 'text') ? body.toString() : ''
}

function afterTries(failed: PostFailed, tries: number): PostFailed {
  if (tries === 1) return failed
  return new PostFailed(`${failed.message}, after ${tries} tries`, failed.status, true, { cause: failed.cause })
}
