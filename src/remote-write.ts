export type { RemoteWriteVersion } from './export/remote-write/remote-write-options.js'
export { type RemoteWriteOptions, startRemoteWrite } from './runtime/exporters/remote-write.js'
