import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { groupingPiece } from '../../export/pushgateway/grouping-key.js'
import { held } from '../../platform/held.js'
import { processContext } from '../../runtime/current-context.js'
import { pushCounter } from '../../runtime/exporters/pushgateway.js'
import { joinSoon } from '../../runtime/join-soon.js'
import { Registry } from './registry.js'
import type { RegistryContentType } from './types.js'

type Method = 'POST' | 'PUT' | 'DELETE'

/** How a Pushgateway is made: what Node's `http.request` and `https.request` take, and this. */
interface ClientPushOptions extends RequestOptions {
  /** Whether a push without `jobName` is refused. The default is true. */
  readonly requireJobName?: boolean | undefined
}

/**
 * Pushes the numbers of the whole application to a Pushgateway, from any of its processes: for batch jobs that end before a
 * scrape would come.
 *
 * @example
 * const gateway = new Pushgateway('http://127.0.0.1:9091', { timeout: 5000 })
 * await gateway.pushAdd({ jobName: 'nightly', groupings: { shop: 'berlin' } })
 */
export class Pushgateway<T extends RegistryContentType = RegistryContentType> {
  /** @internal */
  readonly registry: Pick<Registry<T>, 'metrics'>
  /** @internal */
  readonly gatewayUrl: string
  /** @internal */
  readonly requireJobName: boolean
  /** @internal */
  readonly requestOptions: RequestOptions
  private readonly count = pushCounter(processContext())

  /**
   * Makes a client of a gateway; nothing is sent yet.
   *
   * @param url the address of the gateway, with a path where it has one
   * @param options those of `http.request` or `https.request`, and `requireJobName`
   * @param registry the registry to push; by default the default registry
   */
  // biome-ignore lint/suspicious/noExplicitAny: code for the client passes options of any kind
  constructor(url: string, options?: any, registry?: Registry<T>) {
    const { requireJobName, ...requestOptions }: ClientPushOptions = { requireJobName: true, ...options }
    this.registry = registry || Registry.globalRegistry
    this.gatewayUrl = url
    this.requireJobName = Boolean(requireJobName)
    this.requestOptions = requestOptions
    joinSoon(processContext())
  }

  /**
   * Adds the numbers to the group, and replaces its metrics of the same names (`POST`).
   *
   * @throws Error without `jobName`; the promise rejects if the gateway does not answer, or with a status of 400 or
   * above
   */
  pushAdd(params?: Pushgateway.Parameters): Promise<{ resp?: unknown; body?: unknown }> {
    return this.send('POST', params)
  }

  /**
   * Replaces the whole group by the numbers (`PUT`).
   *
   * @throws as `pushAdd()`
   */
  push(params?: Pushgateway.Parameters): Promise<{ resp?: unknown; body?: unknown }> {
    return this.send('PUT', params)
  }

  /**
   * Deletes the group with all its metrics (`DELETE`).
   *
   * @throws as `pushAdd()`
   */
  delete(params?: Pushgateway.Parameters): Promise<{ resp?: unknown; body?: unknown }> {
    return this.send('DELETE', params)
  }

  private send(method: Method, { jobName, groupings }: Partial<Pushgateway.Parameters> = {}) {
    if (this.requireJobName && !jobName) throw new Error('Missing jobName parameter')
    return held(this.exchange(method, jobName, groupings))
  }

  private async exchange(method: Method, jobName: string | undefined, groupings: Pushgateway.Parameters['groupings']) {
    if (method === 'DELETE') return this.request(method, this.target(jobName, groupings))
    let result: 'ok' | 'failed' = 'failed'
    try {
      const target = this.target(jobName, groupings)
      const answer = await this.request(method, target, await this.registry.metrics())
      result = 'ok'
      return answer
    } finally {
      this.count(result)
    }
  }

  private target(jobName: string | undefined, groupings: Pushgateway.Parameters['groupings']): URL {
    const target = new URL(this.gatewayUrl)
    // Without a job there is no group.
    const labels = jobName ? Object.entries({ job: jobName, ...groupings }) : []
    const path = labels.map(([name, value]) => groupingPiece(encodeURIComponent(name), `${value}`)).join('')
    target.pathname = `${target.pathname.replace(/\/+$/, '')}/metrics${path}`
    return target
  }

  private async request(method: Method, target: URL, text?: string): Promise<{ resp: IncomingMessage; body: string }> {
    const headers = { ...(this.requestOptions.headers as http.OutgoingHttpHeaders | undefined) }
    const zipped = headers['Content-Encoding'] === 'gzip'
    if (method === 'DELETE') delete headers['Content-Encoding']
    const sent = text !== undefined && zipped ? await promisify(gzip)(text) : text
    // Looked up at call time: tests replace the functions of these modules.
    const { request } = target.protocol === 'https:' ? https : http
    const options = { ...urlToHttpOptions(target), ...this.requestOptions, headers, method }
    return new Promise((resolve, reject) => {
      const outgoing = request(options as RequestOptions, (resp) => {
        let body = ''
        resp.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk
        })
        resp.once('error', reject).once('end', () => {
          if (resp.statusCode! < 400) resolve({ resp, body })
          else reject(new Error(`push failed with status ${resp.statusCode}, ${body}`))
        })
      })
      outgoing.on('error', reject)
      outgoing.on('timeout', () => outgoing.destroy(new Error('Pushgateway request timed out')))
      outgoing.end(sent)
    })
  }
}

export namespace Pushgateway {
  /** What names a group of a Pushgateway. */
  export interface Parameters {
    /** The value of the label `job`. */
    jobName: string
    /** More labels of the group. */
    groupings?: {
      [key: string]: string
    }
  }
}
