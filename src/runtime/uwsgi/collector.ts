import { readStatistics } from '../../export/statistics/statistics-reader.js'
import { UwsgiCollector } from '../../instrument/uwsgi/uwsgi-collector.js'
import type { MetricRegistry } from '../../metric/context.js'
import { Counter } from '../../metric/counter.js'
import { Summary } from '../../metric/summary.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { statisticsAddress } from '../../model/statistics-address.js'
import { absolutePath } from '../../platform/paths.js'
import type { Collector } from '../../registry/collector.js'
import { processContext } from '../current-context.js'
import { checkTimeout } from './timeout.js'

/** Options of `uwsgiCollector()`. */
export interface UwsgiCollectorOptions {
  /**
   * `unix:///run/app.stats`, `tcp://127.0.0.1:9191` or `127.0.0.1:9191`, `http://…`, `https://…`, `file:///path`; a
   * list for several servers. The value is the label `stats_uri`, unchanged.
   */
  readonly uri: string | readonly string[]
  /** Whether each core of a worker has its own series. The default is false, because there may be thousands of cores. */
  readonly cores?: boolean | undefined
  /** Timeout of a server in seconds, at most 4, because a scrape waits for it. The default is 2. */
  readonly timeout?: number | undefined
  /** The registries of the metrics about the readings. By default, the default registry. */
  readonly registers?: readonly MetricRegistry[] | undefined
}

const collectorOptions = {
  uri: true,
  cores: true,
  timeout: true,
  registers: true,
} as const satisfies OptionNames<UwsgiCollectorOptions>

/**
 * Reads uWSGI's stats server whenever the metrics are scraped, and shows its statistics under the names and labels of
 * uwsgi_exporter. Reads promhive's own as well, so that dashboards for uWSGI show `promhive run`.
 *
 * @experimental
 * @param options see docs/server-statistics.md
 * @throws MetricsError `OPTION_INVALID`, with the name of the option
 * @example
 * register.registerCollector(uwsgiCollector({ uri: 'unix:///run/uwsgi.stats' }))
 */
export function uwsgiCollector(options: UwsgiCollectorOptions): Collector {
  checkOptions('uwsgiCollector', options, collectorOptions)
  const { uri, cores = false, timeout = 2, registers = [processContext().registry] } = options ?? {}
  const uris = (Array.isArray(uri) ? uri : [uri]) as readonly string[]
  const addresses = new Map(uris.map((text) => [text, addressOf(text)]))
  if (addresses.size === 0) throw new MetricsError('OPTION_INVALID', 'uwsgiCollector: uri names no stats server')
  checkTimeout('uwsgiCollector', timeout)
  const registerOptions = { registers: [...registers] }
  const scrapes = new Counter({
    name: 'uwsgi_exporter_scrapes_total',
    help: 'Readings of uWSGI stats servers.',
    ...registerOptions,
  })
  const faults = new Counter({
    name: 'uwsgi_exporter_scrape_errors_total',
    help: 'Readings that failed.',
    ...registerOptions,
  })
  const durations = new Summary({
    name: 'uwsgi_exporter_scrape_duration_seconds',
    help: 'How long readings took that did not fail.',
    percentiles: [],
    ...registerOptions,
  })
  return new UwsgiCollector({
    uris: [...addresses.keys()],
    cores,
    read: (text) => readStatistics(addresses.get(text)!, timeout * 1000),
    onRead(_, seconds, fault) {
      scrapes.inc()
      if (fault === undefined) return durations.observe(seconds)
      faults.inc()
      processContext().onError(fault as MetricsError)
    },
  })
}

function addressOf(uri: string) {
  const address = typeof uri === 'string' ? statisticsAddress(uri) : undefined
  if (address !== undefined) return 'path' in address ? { ...address, path: absolutePath(address.path) } : address
  const text = `uwsgiCollector: uri must be unix:///path, tcp://host:port, http://host:port or file:///path, got ${describe(uri)}`
  throw new MetricsError('OPTION_INVALID', text)
}
