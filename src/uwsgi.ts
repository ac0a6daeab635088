import type { IncomingMessage, RequestListener } from 'node:http'
import { type HttpResponse, textResponse } from './export/http/response.js'
import { scrape } from './export/http/scrape.js'
import { readStatistics } from './export/statistics/statistics-reader.js'
import { UwsgiCollector } from './instrument/uwsgi/uwsgi-collector.js'
import type { MetricRegistry } from './metric/context.js'
import { Counter } from './metric/counter.js'
import { Summary } from './metric/summary.js'
import { MetricsError } from './model/errors.js'
import { checkOptions, type OptionNames } from './model/known-options.js'
import { describe } from './model/metric-name.js'
import { statisticsAddress } from './model/statistics-address.js'
import { absolutePath } from './platform/paths.js'
import type { Collector } from './registry/collector.js'
import { Registry } from './registry/registry.js'
import { processHome } from './runtime/current-context.js'

/** Where uWSGI tells its statistics, and what of them is shown. */
export interface UwsgiCollectorOptions {
  /**
   * `unix:///run/app.stats`, `tcp://127.0.0.1:9191` or `127.0.0.1:9191`, `http://…`, `https://…`, `file:///path`; a list
   * for several servers. As it is written here it is the label `stats_uri`.
   */
  readonly uri: string | readonly string[]
  /** Whether each core of a worker has series of its own: false when left out, because there may be thousands of cores. */
  readonly cores?: boolean | undefined
  /** Seconds that a server may take to answer, 2 when left out and 4 at most: a scrape waits for it. */
  readonly timeout?: number | undefined
  /** Where the readings themselves are counted: the default registry when left out. */
  readonly registers?: readonly MetricRegistry[] | undefined
}

const collectorOptions = {
  uri: true,
  cores: true,
  timeout: true,
  registers: true,
} as const satisfies OptionNames<UwsgiCollectorOptions>

/**
 * Reads uWSGI's stats server whenever the metrics are scraped, and shows what it tells under the names and labels of
 * uwsgi_exporter. Reads promhive's own as well, so that dashboards for uWSGI show `promhive run`.
 *
 * @experimental
 * @param options see docs/server-statistics.md
 * @throws MetricsError `OPTION_INVALID`, naming the option
 * @example
 * register.registerCollector(uwsgiCollector({ uri: 'unix:///run/uwsgi.stats' }))
 */
export function uwsgiCollector(options: UwsgiCollectorOptions): Collector {
  checkOptions('uwsgiCollector', options, collectorOptions)
  const { uri, cores = false, timeout = 2, registers = [processHome().registry] } = options ?? {}
  const uris = (Array.isArray(uri) ? uri : [uri]) as readonly string[]
  const addresses = new Map(uris.map((text) => [text, addressOf(text)]))
  if (addresses.size === 0) throw new MetricsError('OPTION_INVALID', 'uwsgiCollector: uri names no stats server')
  checkTimeout('uwsgiCollector', timeout)
  const own = { registers: [...registers] }
  const scrapes = new Counter({
    name: 'uwsgi_exporter_scrapes_total',
    help: 'Readings of uWSGI stats servers.',
    ...own,
  })
  const faults = new Counter({ name: 'uwsgi_exporter_scrape_errors_total', help: 'Readings that failed.', ...own })
  const durations = new Summary({
    name: 'uwsgi_exporter_scrape_duration_seconds',
    help: 'How long readings took that did not fail.',
    percentiles: [],
    ...own,
  })
  return new UwsgiCollector({
    uris: [...addresses.keys()],
    cores,
    read: (text) => readStatistics(addresses.get(text)!, timeout * 1000),
    onRead(_, seconds, fault) {
      scrapes.inc()
      if (fault === undefined) return durations.observe(seconds)
      faults.inc()
      processHome().onError(fault as MetricsError)
    },
  })
}

/** Which servers may be asked for, and how. */
export interface UwsgiProbeOptions extends Pick<UwsgiCollectorOptions, 'cores' | 'timeout'> {
  /** Says of each target whether it may be asked: whoever reaches the probe has this process connect to it. All when left out. */
  readonly allow?: ((target: string) => boolean) | undefined
}

const probeOptions = { allow: true, cores: true, timeout: true } as const satisfies OptionNames<UwsgiProbeOptions>

/**
 * Answers `/probe?target=tcp://10.0.0.7:9191` with the families of that one server, as uwsgi_exporter's probe does: one
 * process that Prometheus asks about many servers. Targets are `tcp://`, `http://` and `https://`; files and sockets of
 * this machine are not told to who asks from elsewhere. One that does not answer is `uwsgi_up 0`.
 *
 * @experimental
 * @returns a listener for a server of `node:http`
 * @throws MetricsError `OPTION_INVALID`, naming the option
 * @example
 * createServer(uwsgiProbe({ allow: (target) => target.startsWith('tcp://10.0.0.') })).listen(9117)
 */
export function uwsgiProbe(options: UwsgiProbeOptions = {}): RequestListener {
  checkOptions('uwsgiProbe', options, probeOptions)
  const { allow = () => true, cores, timeout } = options
  if (timeout !== undefined) checkTimeout('uwsgiProbe', timeout)
  const answer = async ({ url = '/', headers }: IncomingMessage): Promise<HttpResponse> => {
    const [path, query] = url.split('?', 2)
    if (path !== '/probe') return textResponse(404, 'nothing here; /probe?target=tcp://host:port\n')
    const target = new URLSearchParams(query).get('target') ?? ''
    const kind = statisticsAddress(target)?.kind
    if (kind !== 'tcp' && kind !== 'http' && kind !== 'https') {
      return textResponse(400, 'target must be tcp://host:port, http://host:port or https://host:port\n')
    }
    if (!allow(target)) return textResponse(403, `${target} is none of the servers that may be asked\n`)
    const registry = new Registry({ scope: 'process' })
    const seconds = patience(headers['x-prometheus-scrape-timeout-seconds'], timeout)
    const reading = { uri: target, registers: [registry], timeout: seconds }
    registry.registerCollector(uwsgiCollector({ ...reading, ...(cores !== undefined && { cores }) }))
    return scrape(registry, { accept: headers.accept })
  }
  return (request, response) => {
    answer(request).then(
      ({ status, headers, body }) => {
        response.writeHead(status, headers)
        response.end(request.method === 'HEAD' ? undefined : Buffer.concat(body))
      },
      () => response.destroy(),
    )
  }
}

function checkTimeout(what: string, timeout: number): void {
  if (timeout > 0 && timeout <= 4) return
  const text = `${what}: timeout must be a number of seconds above 0, 4 at most, got ${describe(timeout)}`
  throw new MetricsError('OPTION_INVALID', text)
}

/** A quarter of a second less than the scraper has, so that it hears that the server was too slow. */
function patience(told: string | string[] | undefined, timeout = 2): number {
  const seconds = Number(told)
  return seconds > 0 ? Math.min(timeout, Math.max(0.1, seconds - 0.25)) : timeout
}

function addressOf(uri: string) {
  const address = typeof uri === 'string' ? statisticsAddress(uri) : undefined
  if (address !== undefined) return 'path' in address ? { ...address, path: absolutePath(address.path) } : address
  const text = `uwsgiCollector: uri must be unix:///path, tcp://host:port, http://host:port or file:///path, got ${describe(uri)}`
  throw new MetricsError('OPTION_INVALID', text)
}
