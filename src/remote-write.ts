export type { ExportResult } from './export/interval-exporter.js'
export type { RemoteWriteVersion } from './export/remote-write/remote-write-options.js'
export { type RemoteWriteOptions, startRemoteWrite } from './runtime/exporters/remote-write.js'
export type { RunningExporter } from './runtime/exporters/running-exporter.js'
