import { TextFile, type TextFilePlace } from '../../export/text-file/text-file.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { exportingProcess } from './exporting-process.js'
import { destinationName, receiverLease } from './receiver-lease.js'
import { type IntervalOptions, intervalOptions, type RunningExporter, startExporter } from './running-exporter.js'

/** Options of `startTextFile()`. */
export interface TextFileOptions extends TextFilePlace, IntervalOptions {}

const known = {
  path: true,
  mode: true,
  removeAtStop: true,
  ...intervalOptions,
} as const satisfies OptionNames<TextFileOptions>

/**
 * Writes the numbers of the whole application into a file at an interval, for the textfile collector of node_exporter.
 * The file is replaced in one step. One of all processes that call this writes, and another one when it ends.
 *
 * @param options the path, and the seconds between two exports (15); see docs/text-file.md
 * @throws MetricsError `OPTION_INVALID`
 * @see https://github.com/prometheus/node_exporter#textfile-collector
 * @example
 * const exporter = startTextFile({ path: '/var/lib/prometheus/node-exporter/shop.prom' })
 * process.once('SIGTERM', () => exporter.stop().then(() => process.exit()))
 */
export function startTextFile(options: TextFileOptions): RunningExporter {
  checkOptions('startTextFile', options, known)
  const { path, mode, removeAtStop, ...interval } = options
  const file = new TextFile({ path, mode, removeAtStop })
  const lease = receiverLease(exportingProcess(), 'textFile', destinationName(file.place, interval))
  return startExporter('textFile', file, interval, 15, lease)
}
