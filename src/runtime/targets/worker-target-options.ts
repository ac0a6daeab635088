import { announcingEtcdSettings, type EtcdOptions } from '../../export/discovery/etcd/etcd-options.js'
import { advertisedHost, checkAdvertise, checkTargetLabels } from '../../export/discovery/target-address.js'
import { checkAllowedHosts, isLoopback } from '../../export/http/allowed-hosts.js'
import { checkEncryption, type EncryptionOptions, encryptionFromEnvironment } from '../../export/http/encryption.js'
import { portOptionsFromEnvironment } from '../../export/http/port-environment.js'
import { checkLimits, type PortLimits, portLimits } from '../../export/http/port-limits.js'
import { portRange, portRangeForms } from '../../export/http/port-range.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import type { LabelValueOrNone } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'
import { firstSet, variables } from '../../platform/environment.js'
import { absolutePath } from '../../platform/paths.js'
import { chosenExporters } from '../exporters/configured.js'
import type { AnnounceOptions } from './announce-target.js'
import { targetLabelsFromEnvironment } from './target-labels.js'
import type { TargetSettings } from './thread-messages.js'

/** Options of `startWorkerTarget()`. */
export interface WorkerTargetOptions extends PortLimits {
  /** A range such as `9500-9599`, of which the first free port is used, or one port; 0 for any free port. */
  readonly ports: string | number
  /** The address to listen on. The default is 127.0.0.1. */
  readonly host?: string | undefined
  /** The path of the metrics. The default is `/metrics`. */
  readonly path?: string | undefined
  /**
   * The name or address of this host for Prometheus. The default is `host`, or the name of this machine if the endpoint
   * listens on every address.
   */
  readonly advertise?: string | undefined
  /** Labels of the target, in addition to `worker`. */
  readonly labels?: Readonly<Record<string, LabelValueOrNone>> | undefined
  /** A JSON file that lists the targets of the application for Prometheus' file_sd. */
  readonly fileSd?: string | undefined
  /** The etcd in which the target is announced: `{}` takes everything from the environment. */
  readonly etcd?: EtcdOptions | undefined
  /** Answers over HTTPS only, and only clients with a certificate if one is required. */
  readonly tls?: EncryptionOptions | undefined
  /** Names that the `Host` header may have, as for `startMetricsServer()`. */
  readonly allowedHosts?: readonly string[] | undefined
}

const known = {
  ports: true,
  host: true,
  path: true,
  advertise: true,
  labels: true,
  fileSd: true,
  etcd: true,
  tls: true,
  allowedHosts: true,
  ...portLimits,
} as const satisfies OptionNames<WorkerTargetOptions>

const inCode = (option: string): string => `startWorkerTarget: ${option}`

/**
 * Checks the options, and fills in the defaults.
 *
 * @param nameOf returns the name of an option for error texts
 * @throws MetricsError `OPTION_INVALID`
 */
export function targetSettings(
  options: WorkerTargetOptions,
  nameOf: (option: string) => string = inCode,
): TargetSettings {
  if (typeof options !== 'object' || options === null) {
    const text = `startWorkerTarget takes an object such as { ports: '9500-9599' }, got ${describe(options)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  checkOptions('startWorkerTarget', options, known)
  const { host = '127.0.0.1', path = '/metrics', fileSd, tls, labels = {} } = options
  const ports = portRange(options.ports)
  if (ports === undefined) {
    throw new MetricsError(
      'OPTION_INVALID',
      `${nameOf('ports')} must be ${portRangeForms}, got ${describe(options.ports)}`,
    )
  }
  if (typeof host !== 'string' || host === '') {
    throw new MetricsError('OPTION_INVALID', `${nameOf('host')} must be an address to listen on, got ${describe(host)}`)
  }
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new MetricsError('OPTION_INVALID', `${nameOf('path')} must begin with "/", got ${describe(path)}`)
  }
  // Only files of these names are read by Prometheus.
  if (fileSd !== undefined && (typeof fileSd !== 'string' || !/[^/]\.(?:json|ya?ml)$/.test(fileSd))) {
    const text = `${nameOf('fileSd')} must be the path of a file that ends in .json, got ${describe(fileSd)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const advertise = checkAdvertise(options.advertise ?? advertisedHost(host), nameOf('advertise'))
  const allowed = checkAllowedHosts(options.allowedHosts, nameOf)
  // Scrapes under the announced name must be answered where the header is checked.
  const checksHost = allowed.length > 0 || (isLoopback(host) && advertise !== host)
  return {
    ...{ ports, host, path, advertise },
    labels: checkTargetLabels(labels, nameOf('labels')),
    allowedHosts: checksHost ? [...allowed, advertise] : allowed,
    tls: tls === undefined ? undefined : checkEncryption(tls, (option) => nameOf(`tls.${option}`)),
    limits: limitsOf(options, nameOf),
    fileSd: fileSd === undefined ? undefined : absolutePath(fileSd),
    etcd: options.etcd === undefined ? undefined : announcingEtcdSettings('startWorkerTarget: etcd', options.etcd),
  }
}

/**
 * Reads the options from the environment; returns undefined if no ports are named.
 *
 * @throws MetricsError `OPTION_INVALID`, with the name of the variable
 */
export function targetOptionsFromEnvironment(environment: NodeJS.ProcessEnv): WorkerTargetOptions | undefined {
  const textIn = (names: readonly [string]): string | undefined => firstSet(names, environment)?.[1]
  const ports = textIn(variables.workerPorts)
  if (ports === undefined || /^(?:off|false|no)$/i.test(ports)) return undefined
  const etcd = chosenExporters(undefined, environment).etcd as AnnounceOptions | undefined
  return {
    ports,
    host: textIn(variables.workerHost),
    advertise: textIn(variables.targetAdvertise) ?? etcd?.advertise,
    fileSd: textIn(variables.targetFileSd),
    etcd: etcd === undefined ? undefined : etcdOptionsOf(etcd),
    labels: targetLabelsFromEnvironment(environment) ?? etcd?.labels,
    tls: encryptionFromEnvironment(environment),
    ...portOptionsFromEnvironment(environment),
  }
}

const variableOf: Readonly<Record<string, string>> = {
  ports: variables.workerPorts[0],
  host: variables.workerHost[0],
  advertise: variables.targetAdvertise[0],
  labels: variables.targetLabels[0],
  fileSd: variables.targetFileSd[0],
  allowedHosts: variables.allowedHosts[0],
}

/** Returns the name of the variable of an option. */
export function targetVariable(option: string): string {
  return variableOf[option] ?? inCode(option)
}

/** The options of `announceTarget()` that have a meaning for the target of a process. */
function etcdOptionsOf({ address: _, advertise: __, labels: ___, ...etcd }: AnnounceOptions): EtcdOptions {
  return etcd
}

function limitsOf(options: WorkerTargetOptions, nameOf: (option: string) => string): PortLimits {
  checkLimits(options, nameOf)
  return Object.fromEntries(Object.keys(portLimits).map((name) => [name, options[name as keyof PortLimits]]))
}
