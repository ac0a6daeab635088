export type { ExportResult } from './export/interval-exporter.js'
export type { RunningExporter } from './runtime/exporters/running-exporter.js'
export { startTextFile, type TextFileOptions } from './runtime/exporters/text-file.js'
