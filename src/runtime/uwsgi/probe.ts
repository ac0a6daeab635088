import type { RequestListener } from 'node:http'
import { type HttpResponse, textResponse } from '../../export/http/response.js'
import { type RouteRequest, RouteTable } from '../../export/http/route-table.js'
import { scrape } from '../../export/http/scrape.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { statisticsAddress } from '../../model/statistics-address.js'
import { Registry } from '../../registry/registry.js'
import { type UwsgiCollectorOptions, uwsgiCollector } from './collector.js'
import { checkTimeout } from './timeout.js'

/** Options of `uwsgiProbe()`. */
export interface UwsgiProbeOptions extends Pick<UwsgiCollectorOptions, 'cores' | 'timeout'> {
  /**
   * Returns whether a target is allowed, because this process connects to it on request of a client. By default, all
   * are allowed.
   */
  readonly allow?: ((target: string) => boolean) | undefined
}

const probeOptions = { allow: true, cores: true, timeout: true } as const satisfies OptionNames<UwsgiProbeOptions>

/**
 * Answers `/probe?target=tcp://10.0.0.7:9191` with the families of that server, like uwsgi_exporter's probe, so that
 * Prometheus can scrape many servers through one process. Targets are `tcp://`, `http://` and `https://`; files and
 * sockets of this machine are not shown to other machines. A server that does not answer has `uwsgi_up 0`.
 *
 * @experimental
 * @returns a listener for a server of `node:http`
 * @throws MetricsError `OPTION_INVALID`, with the name of the option
 * @example
 * createServer(uwsgiProbe({ allow: (target) => target.startsWith('tcp://10.0.0.') })).listen(9117)
 */
export function uwsgiProbe(options: UwsgiProbeOptions = {}): RequestListener {
  checkOptions('uwsgiProbe', options, probeOptions)
  const { allow = () => true, cores, timeout } = options
  if (timeout !== undefined) checkTimeout('uwsgiProbe', timeout)
  const handle = async ({ headers, signal }: RouteRequest, query: URLSearchParams): Promise<HttpResponse> => {
    const target = query.get('target') ?? ''
    const kind = statisticsAddress(target)?.kind
    if (kind !== 'tcp' && kind !== 'http' && kind !== 'https') {
      return textResponse(400, 'target must be tcp://host:port, http://host:port or https://host:port\n')
    }
    if (!allow(target)) return textResponse(403, `${target} is none of the servers that may be asked\n`)
    const registry = new Registry({ scope: 'process' })
    const seconds = timeoutFrom(headers['x-prometheus-scrape-timeout-seconds'], timeout)
    const reading = { uri: target, registers: [registry], timeout: seconds }
    registry.registerCollector(uwsgiCollector({ ...reading, ...(cores !== undefined && { cores }) }))
    return scrape(registry, { accept: headers.accept, signal })
  }
  const routes = new RouteTable([{ path: '/probe', handle }])
  return ({ method = '', url = '/', headers }, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    routes.answer({ method, url, headers, signal: gone.signal, ready: () => undefined }).then(
      ({ status, headers, body }) => {
        response.writeHead(status, headers)
        response.end(method === 'HEAD' ? undefined : Buffer.concat(body))
      },
      () => response.destroy(),
    )
  }
}

/** A quarter of a second less than the scraper's timeout, so that the scraper still receives the error. */
function timeoutFrom(header: string | string[] | undefined, timeout = 2): number {
  const seconds = Number(header)
  return seconds > 0 ? Math.min(timeout, Math.max(0.1, seconds - 0.25)) : timeout
}
