export type { ExportResult } from './export/interval-exporter.js'
export type { StatsdFormat } from './export/statsd/statsd-format.js'
export type { RunningExporter } from './runtime/exporters/running-exporter.js'
export { type StatsdOptions, startStatsd } from './runtime/exporters/statsd.js'
