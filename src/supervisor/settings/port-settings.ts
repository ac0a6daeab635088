import { variables } from '../../platform/environment.js'
import { boolean, hostList, seconds, whole } from './kinds.js'
import type { SettingsTable } from './setting.js'

/** The limits of the metrics port, the `Host` headers that it answers, and what it shows. */
export interface PortSettings {
  /** Whether scrapes show every series with the number of its worker. */
  readonly perWorker: boolean
  /** Names that the `Host` header of a scrape may have, besides those of this machine and the address of the port. */
  readonly allowedHosts: readonly string[]
  /** The maximum number of connections; 0 for 100, but at most a quarter of the supervisor's file limit. */
  readonly maxConnections: number
  /** Seconds within which a client must read an answer. */
  readonly sendTimeout: number
  /** Whether the metrics port shows a page for people. */
  readonly page: boolean
}

export const portSettings: SettingsTable<PortSettings> = {
  perWorker: {
    kind: boolean,
    default: false,
    env: variables.perWorker,
    flag: ['per-worker'],
    help: 'show every series with the number of its worker, instead of merged ones',
  },
  allowedHosts: {
    kind: hostList,
    default: [],
    env: variables.allowedHosts,
    flag: ['allowed-hosts'],
    help: 'further names that the Host header of a scrape may have, separated by commas; * for any',
  },
  maxConnections: {
    kind: whole(0, 1_000_000),
    default: 0,
    env: variables.maxConnections,
    flag: ['max-connections'],
    help: 'connections of the metrics port; 0 for 100, but at most a quarter of ulimit -n',
  },
  sendTimeout: {
    kind: seconds,
    default: 30,
    env: variables.sendTimeout,
    flag: ['send-timeout'],
    help: 'seconds within which a scraper must read an answer',
  },
  page: {
    kind: boolean,
    default: true,
    env: variables.page,
    flag: ['page'],
    help: 'whether the metrics port shows a page for people at /; --no-page disables it',
  },
}

/** Returns the settings as options of a metrics server. */
export function portOptionsOf({ allowedHosts, maxConnections, sendTimeout }: Omit<PortSettings, 'perWorker' | 'page'>) {
  return {
    allowedHosts,
    ...(maxConnections > 0 && { maxConnections }),
    ...(sendTimeout > 0 && { sendTimeout: Math.ceil(sendTimeout * 1000) }),
  }
}
