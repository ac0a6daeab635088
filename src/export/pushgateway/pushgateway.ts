import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { checkSpelling, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { printable } from '../../model/terminal-text.js'
import type { Exposition } from '../contract.js'
import { exchange, TimedOut } from '../send/exchange.js'
import { adviceFor } from '../send/fault-advice.js'
import { type GroupingKey, groupingPath } from './grouping-key.js'

/** The format that every Pushgateway accepts; version 1.5 refuses OpenMetrics. */
const format = 'text/plain; version=0.0.4'

/** Milliseconds after which a request times out. */
const defaultTimeout = 10_000

/** Characters of an answer that an error text shows. */
const maxReasonLength = 1_000

/** Options of requests: those of Node's `http.request` and `https.request`, and these. */
export interface PushgatewayOptions extends RequestOptions {
  /** Milliseconds for a request and its answer; 0 for no limit. The default is 10 000. */
  readonly timeout?: number | undefined
  /** Whether a push without `jobName` is refused. The default is true. */
  readonly requireJobName?: boolean | undefined
  /** Whether the body is compressed. `Content-Encoding: gzip` in `headers` enables it as well. */
  readonly gzip?: boolean | undefined
}

/** promhive's options, and the common ones of Node; any other option of Node is accepted. */
const known = {
  timeout: true,
  requireJobName: true,
  gzip: true,
  headers: true,
  agent: true,
  auth: true,
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  servername: true,
  rejectUnauthorized: true,
  lookup: true,
  family: true,
  localAddress: true,
  signal: true,
} as const satisfies Partial<OptionNames<PushgatewayOptions>>

/** The answer of a gateway. */
export interface PushgatewayAnswer {
  /** Node's response, with `statusCode` and `headers`; its body has been read. */
  readonly resp: IncomingMessage
  /** The body of the response, of which at most 1 MiB is read. */
  readonly body: string
}

type Method = 'POST' | 'PUT' | 'DELETE'

/** What a process provides to its client. */
export interface PushgatewayContext {
  readonly registry: Exposition
  /** Called after each attempt to push. */
  pushed(result: 'ok' | 'failed'): void
}

/** Sends one request for each call, and reports every error through its promise. */
export class PushgatewayClient {
  constructor(
    private readonly url: string,
    private readonly options: PushgatewayOptions,
    private readonly context: PushgatewayContext,
  ) {}

  /** Replaces the group (`PUT`), or its metrics of the same names (`POST`). */
  async push(method: 'POST' | 'PUT', key: GroupingKey): Promise<PushgatewayAnswer> {
    const { registry, pushed } = this.context
    let result: 'ok' | 'failed' = 'failed'
    try {
      const target = this.target(key)
      if (typeof registry?.expose !== 'function') {
        const text = `the registry of a Pushgateway must be one of promhive's, got ${describe(registry)}; leave it out for the default one`
        throw new MetricsError('OPTION_INVALID', text)
      }
      const { contentType, chunks } = await registry.expose(format)
      const answer = await this.request(method, target, contentType, Buffer.concat(chunks))
      result = 'ok'
      return answer
    } finally {
      pushed(result)
    }
  }

  async delete(key: GroupingKey): Promise<PushgatewayAnswer> {
    return this.request('DELETE', this.target(key))
  }

  private target(key: GroupingKey): URL {
    if (typeof key !== 'object' || key === null) {
      throw new MetricsError('OPTION_INVALID', `a push takes { jobName, groupings }, got ${describe(key)}`)
    }
    checkSpelling('Pushgateway', this.options, known)
    const target = addressOf(this.url)
    const path = groupingPath(key, this.options.requireJobName ?? true)
    target.pathname = `${target.pathname.replace(/\/+$/, '')}${path}`
    return target
  }

  private async request(method: Method, target: URL, contentType?: string, text?: Uint8Array) {
    // Without the password, and without the query, which may contain one.
    const what = `${method} ${target.protocol}//${target.host}${target.pathname}`
    try {
      const { headers, zipped } = this.headers()
      let body: Uint8Array | undefined
      if (text !== undefined) {
        body = zipped ? await promisify(gzip)(text) : text
        Object.assign(headers, { 'Content-Type': contentType, 'Content-Length': body.length })
        if (zipped) headers['Content-Encoding'] = 'gzip'
      }
      const answer = await this.exchange(method, target, headers, body)
      const { statusCode = 0 } = answer.resp
      if (statusCode >= 200 && statusCode < 300) return answer
      const said = printable(answer.body.trim().slice(0, maxReasonLength))
      const reason = said === '' ? '' : `, ${said}`
      const advice = statusCode >= 300 && statusCode < 400 ? '; redirects are not followed' : ''
      throw new MetricsError('PUSH_FAILED', `push failed with status ${statusCode}${reason}${advice} (${what})`)
    } catch (cause) {
      if (cause instanceof MetricsError) throw cause
      const text =
        cause instanceof TimedOut
          ? `Pushgateway request timed out after ${cause.timeout} ms`
          : `the Pushgateway did not answer (${reasonOf(cause)}${adviceFor(cause, target.protocol, 'ca')})`
      throw new MetricsError('PUSH_FAILED', `${text} (${what})`, { cause })
    }
  }

  /** Returns the headers of the options without those that describe the body, which are set here. */
  private headers(): { headers: Record<string, OutgoingHttpHeader | undefined>; zipped: boolean } {
    const configuredHeaders = this.options.headers ?? {}
    const pairs = Array.isArray(configuredHeaders)
      ? pairsOf(configuredHeaders)
      : Object.entries(configuredHeaders as OutgoingHttpHeaders)
    let zipped = this.options.gzip ?? false
    const headers: Record<string, OutgoingHttpHeader | undefined> = {}
    for (const [name, value] of pairs) {
      const lower = name.toLowerCase()
      if (lower === 'content-encoding') zipped ||= String(value).trim().toLowerCase() === 'gzip'
      else if (!['content-type', 'content-length', 'transfer-encoding'].includes(lower)) headers[name] = value
    }
    return { headers, zipped }
  }

  private async exchange(
    method: Method,
    target: URL,
    headers: OutgoingHttpHeaders,
    body: Uint8Array | undefined,
  ): Promise<PushgatewayAnswer> {
    const { timeout = defaultTimeout, requireJobName: _, gzip: __, ...options } = this.options
    const place = urlToHttpOptions(target)
    const { protocol, path } = place
    const auth = options.auth ?? place.auth
    const requestOptions = { ...place, ...options, auth, protocol, path, method, headers }
    const answer = await exchange(requestOptions as RequestOptions, body, { timeout })
    return { resp: answer.response, body: answer.body.toString() }
  }
}

/** @throws MetricsError `OPTION_INVALID` for an invalid URL, without a possible password in it */
function addressOf(url: unknown): URL {
  const address = URL.canParse(String(url)) ? new URL(String(url)) : undefined
  if (address !== undefined && /^https?:$/.test(address.protocol)) return address
  const got = typeof url === 'string' ? describe(url.replace(/^.*@/s, '…@')) : describe(url)
  const way = 'give it as http://host:9091, or https://'
  throw new MetricsError('OPTION_INVALID', `the URL of the Pushgateway is none, got ${got}; ${way}`)
}

/** Converts a list of headers, which Node accepts as well: names and values alternate, or are in pairs. */
function pairsOf(list: readonly unknown[]): [string, OutgoingHttpHeader][] {
  const flat = list.flat() as string[]
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []))
}
