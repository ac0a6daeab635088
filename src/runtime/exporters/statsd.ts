import { ChangeReader } from '../../export/statsd/changes.js'
import { StatsdDestination } from '../../export/statsd/statsd-destination.js'
import { seriesFormat } from '../../export/statsd/statsd-format.js'
import { type StatsdPlace, statsdSettings } from '../../export/statsd/statsd-settings.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { alwaysHeld } from '../../model/lease.js'
import { exportingProcess } from './exporting-process.js'
import { OwnGatherer } from './own-gatherer.js'
import { destinationName, receiverLease } from './receiver-lease.js'
import { type IntervalOptions, intervalOptions, type RunningExporter, startExporter } from './running-exporter.js'
import { amountsFor } from './stored-amounts.js'

/** Options of `startStatsd()`. */
export interface StatsdOptions extends StatsdPlace, IntervalOptions {}

const known = {
  address: true,
  client: true,
  format: true,
  prefix: true,
  maxDatagramBytes: true,
  from: true,
  workerTag: true,
  ...intervalOptions,
} as const satisfies OptionNames<StatsdOptions>

const onlyForAll = 'this process sends for the whole application: leave out from: "each"'

/**
 * Sends the numbers of the whole application to a server of statsd at an interval: of counters, histograms and summaries
 * what they have grown by, of gauges their values. One of all processes that call this sends, and another one when it
 * ends; no count is sent twice.
 *
 * @param options the address (`udp://127.0.0.1:8125`), the format, and the seconds between two exports (10); see
 * docs/statsd.md
 * @throws MetricsError `OPTION_INVALID`
 * @see https://github.com/statsd/statsd/blob/master/docs/metric_types.md
 * @example
 * const exporter = startStatsd({ address: 'udp://127.0.0.1:8125', format: 'dogstatsd' })
 * process.once('SIGTERM', () => exporter.stop().then(() => process.exit()))
 */
export function startStatsd(options: StatsdOptions = {}): RunningExporter {
  checkOptions('startStatsd', options, known)
  const { interval, timeout, registry, ...place } = options
  const { transport, format, prefix, from, workerTag } = statsdSettings(place)
  const own = from === 'each' ? ownGatherer(registry) : undefined
  const reader = new ChangeReader(seriesFormat(format), prefix, () => (workerTag ? (own?.labels ?? {}) : {}))
  // Many datagrams take half of the time of an export, so that the server can read them all.
  const spread = ((timeout ?? Math.min(10, interval ?? 10)) * 1000) / 2
  // What makes the names at the server: exporters with the same ones send the same counters.
  const stream = [transport.place, format, prefix, ...(own === undefined ? [] : ['each', workerTag])].join(' ')
  const destination = new StatsdDestination(
    transport,
    reader,
    amountsFor(stream, registry, own !== undefined),
    spread,
    own,
  )
  const lease =
    own === undefined ? receiverLease(exportingProcess(), 'statsd', destinationName(stream, options)) : alwaysHeld
  return startExporter('statsd', destination, { interval, timeout, registry: own ?? registry }, 10, lease)
}

/** @throws MetricsError `OPTION_INVALID` if this process cannot send its own numbers */
function ownGatherer(registry: IntervalOptions['registry']): OwnGatherer {
  const { context } = exportingProcess()
  if (context === undefined) throw new MetricsError('OPTION_INVALID', `startStatsd: ${onlyForAll}`)
  if (registry === undefined) return new OwnGatherer(context)
  const text = 'startStatsd: from: "each" sends the default registry; leave registry out'
  throw new MetricsError('OPTION_INVALID', text)
}
