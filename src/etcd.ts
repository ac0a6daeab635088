export type { EtcdOptions, EtcdTls } from './export/discovery/etcd/etcd-options.js'
export { type AnnounceOptions, announceTarget, type TargetAnnouncement } from './runtime/targets/announce-target.js'
