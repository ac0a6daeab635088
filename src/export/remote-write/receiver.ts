import type { IncomingHttpHeaders } from 'node:http'
import { type HttpPoster, PostFailed } from '../send/http-poster.js'
import type { Credentials } from './credentials.js'
import type { WriteMessage } from './message.js'
import type { WriteBatch } from './prepared-export.js'

/** What a receiver did with a request. */
export interface WriteResult {
  readonly written: number
  readonly dropped: number
  /** Why samples were dropped, as the receiver says. */
  readonly reason?: string
}

/** The limits of a write. */
export interface WriteLimits {
  /** The time of `monotonicNow()` until which a request is tried. */
  readonly deadline: number
  readonly signal: AbortSignal
}

const writtenHeaders = ['samples', 'histograms', 'exemplars'].map((name) => `x-prometheus-remote-write-${name}-written`)

/** A receiver that does not know the message of version 2.0. */
export const unsupported = Symbol('unsupported')

/** Whether a request may succeed later, according to both specifications. */
export function retriesStatus(status: number): boolean {
  return status >= 500 || status === 429
}

/** Sends the requests of one sender to one receiver, and reads its answers. */
export class Receiver {
  /** Whether an answer has shown that the receiver knows version 2.0. */
  private knowsSymbols = false

  constructor(
    private readonly poster: HttpPoster,
    private readonly credentials: Credentials,
    private readonly userAgent: string,
  ) {}

  /**
   * Sends a request until it is answered.
   *
   * @returns `unsupported` if nothing was written because the receiver does not know the version of the message
   * @throws `PostFailed` if the same request may succeed later, or the reason of the signal
   */
  async write(
    { body, samples }: WriteBatch,
    { contentType, version }: Pick<WriteMessage, 'contentType' | 'version'>,
    { deadline, signal }: WriteLimits,
  ): Promise<WriteResult | typeof unsupported> {
    const headers = {
      'content-encoding': 'snappy',
      'content-type': contentType,
      'x-prometheus-remote-write-version': version,
      'user-agent': this.userAgent,
      ...(await this.credentials.header()),
    }
    const symbols = version.startsWith('2')
    try {
      const answer = await this.poster.post({ body, headers, deadline, signal })
      if (!symbols) return { written: samples, dropped: 0 }
      // A receiver of version 1.0 reads an empty message, and answers with success.
      if (!countsWritten(answer.headers)) return unsupported
      this.knowsSymbols = true
      const written = writtenOf(answer.headers, samples)
      if (written === samples) return { written, dropped: 0 }
      const reason = `${this.poster.address} answered with status ${answer.status}, and has written ${written} of ${samples} samples`
      return { written, dropped: samples - written, reason }
    } catch (cause) {
      // Without an answer, such as after an error of TLS, the request is kept.
      if (!(cause instanceof PostFailed) || cause.retryable || cause.status === undefined) throw cause
      if (symbols && this.refusesSymbols(cause.status, cause.headers)) return unsupported
      const written = symbols ? writtenOf(cause.headers, samples) : 0
      return { written, dropped: samples - written, reason: cause.message }
    }
  }

  close(): void {
    this.poster.close()
  }

  /** Receivers of version 1.0 answer 400 to a message that they cannot read, as others do to invalid samples. */
  private refusesSymbols(status: number, headers: IncomingHttpHeaders): boolean {
    return status === 415 || (status === 400 && !this.knowsSymbols && !countsWritten(headers))
  }
}

function countsWritten(headers: IncomingHttpHeaders): boolean {
  return writtenHeaders.some((name) => headers[name] !== undefined)
}

/** Returns how many samples were written; a missing header means none. */
function writtenOf(headers: IncomingHttpHeaders, samples: number): number {
  const written = Number(headers[writtenHeaders[0]!] ?? 0)
  return Number.isInteger(written) ? Math.min(Math.max(written, 0), samples) : 0
}
