import { randomUUID } from 'node:crypto'
import { EtcdAnnouncement } from '../../export/discovery/etcd/etcd-announcement.js'
import {
  announcingEtcdSettings,
  type EtcdOptions,
  type EtcdSettings,
  etcdOptions,
} from '../../export/discovery/etcd/etcd-options.js'
import { advertisedHost, checkAdvertise, checkTargetLabels, targetOf } from '../../export/discovery/target-address.js'
import { isLoopback } from '../../export/http/allowed-hosts.js'
import type { AnnouncedTarget } from '../../model/announced-target.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { firstSet, variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { type ExportingProcess, exportingProcess } from '../exporters/exporting-process.js'
import { AnnouncedTargets } from './announced-targets.js'
import { targetLabelsFromEnvironment } from './target-labels.js'

/** Options of `announceTarget()`: where etcd is, and what is announced there. */
export interface AnnounceOptions extends EtcdOptions {
  /**
   * What Prometheus scrapes: `web1:9464`, or a URL such as `https://web1:9464/metrics`. By default, the metrics port of
   * this process, from when it opens until it is closed.
   */
  readonly address?: string | undefined
  /**
   * The name or address of this host for Prometheus: `PROMHIVE_TARGET_ADVERTISE`. By default, what the port listens on, or
   * the name of this machine if that is every address.
   */
  readonly advertise?: string | undefined
  /** Labels of the target: `PROMHIVE_TARGET_LABELS`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

const known = {
  ...etcdOptions,
  address: true,
  advertise: true,
  labels: true,
} as const satisfies OptionNames<AnnounceOptions>

/** What `announceTarget()` announces, until it is stopped. */
export interface TargetAnnouncement {
  /** The announced addresses, such as `web1:9464`; empty while no metrics port is open. */
  readonly addresses: readonly string[]
  /** Whether the last attempt has succeeded for all of them. */
  readonly announced: boolean
  /** Withdraws the target. A second call does nothing. */
  stop(): Promise<void>
}

const caller = 'announceTarget'

/**
 * Announces the metrics port of the application in etcd, under a lease that ends with this process. `promhive discover
 * etcd` writes the announced targets into a file for Prometheus. An unavailable etcd does not affect the application:
 * `onError`, `promhive_targets_announced` and `promhive_target_announcement_failures_total` show it.
 *
 * @param options see docs/etcd.md; each option overrides its environment variable
 * @throws MetricsError `OPTION_INVALID`, with the option or the variable at fault
 * @example
 * const target = announceTarget({ url: 'http://127.0.0.1:2379', job: 'shop' })
 * process.once('SIGTERM', () => target.stop().then(() => process.exit()))
 */
export function announceTarget(options: AnnounceOptions = {}): TargetAnnouncement {
  checkOptions(caller, options, known)
  const { address, advertise, labels = targetLabelsFromEnvironment(processEnvironment()) ?? {}, ...etcd } = options
  const settings = announcingEtcdSettings(caller, etcd)
  const targetLabels = checkTargetLabels(labels, `${caller}: labels`)
  if (advertise !== undefined) checkAdvertise(advertise, `${caller}: advertise`)
  const target = address === undefined ? undefined : targetAt(urlOf(address), advertise, targetLabels)
  const host = advertise ?? hostFromEnvironment()
  if (settings === undefined) return { addresses: [], announced: false, stop: async () => {} }
  const home = exportingProcess()
  const targets = new AnnouncedTargets(home, 'etcd', (events) => new EtcdAnnouncement(settings, events))
  // If several processes announce one address, it stays until the last of them has ended.
  if (target !== undefined) targets.announce([{ ...target, id: `${target.id}/${randomUUID().slice(0, 8)}` }])
  else targets.follow((url) => reachable(targetAt(new URL(url), host, targetLabels), settings, home))
  return targets
}

let warned = false

/** Warns once if Prometheus, which is probably on the host of etcd or on another one, cannot reach the target. */
function reachable(target: AnnouncedTarget, { endpoints }: EtcdSettings, home: ExportingProcess): AnnouncedTarget {
  const isLocal = (url: string): boolean => isLoopback(hostIn(new URL(url)))
  if (warned || !isLocal(`http://${target.address}`) || endpoints.some(isLocal)) return target
  warned = true
  const text = `the announced target ${target.address} can be reached from this machine only; let the metrics port listen on another address (PROMHIVE_METRICS_HOST), or set PROMHIVE_TARGET_ADVERTISE`
  home.warn('TARGET_UNREACHABLE', text)
  return target
}

function hostIn({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function hostFromEnvironment(): string | undefined {
  const [variable, host] = firstSet(variables.targetAdvertise) ?? []
  return host === undefined ? undefined : checkAdvertise(host, variable!)
}

function urlOf(address: unknown): URL {
  const text = String(address)
  const url = /^https?:\/\//.test(text) ? text : `http://${text}/metrics`
  if (
    typeof address === 'string' &&
    /^(?:https?:\/\/[^\s/@?#]+(?:\/[^\s?#]*)?|[^\s/@?#]+)$/.test(text) &&
    URL.canParse(url)
  ) {
    return new URL(url)
  }
  const what = `${caller}: address must be host:port, or a URL such as http://web1:9464/metrics, got ${describe(address)}`
  throw new MetricsError('OPTION_INVALID', what)
}

function targetAt(url: URL, host: string | undefined, labels: Readonly<Record<string, string>>): AnnouncedTarget {
  const { protocol, port, pathname } = url
  const encrypted = protocol === 'https:'
  return targetOf({
    ...{ encrypted, labels, path: pathname === '/' ? '/metrics' : pathname },
    port: Number(port || (encrypted ? 443 : 80)),
    advertise: host ?? advertisedHost(hostIn(url)),
  })
}
