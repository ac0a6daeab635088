export type { ExportResult } from './export/interval-exporter.js'
export { type OtlpExporterOptions, startOtlp } from './runtime/exporters/otlp.js'
export type { RunningExporter } from './runtime/exporters/running-exporter.js'
