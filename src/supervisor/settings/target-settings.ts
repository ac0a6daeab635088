import { portRange, portRangeForms } from '../../export/http/port-range.js'
import { variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import type { ExporterSettings } from './exporter-settings.js'
import { filePath, type SettingKind, text } from './kinds.js'
import type { SettingsTable } from './setting.js'

/** The targets of the workers: one for each process, in addition to the metrics port of the supervisor. */
export interface TargetSettingsOfWorkers {
  /** The ports of which each worker opens the first free one; empty for no targets. */
  readonly workerPorts: string
  /** The address on which they listen; empty for 127.0.0.1. */
  readonly workerHost: string
  /** The name or address of this host for Prometheus; empty for the default. */
  readonly targetAdvertise: string
  /** Labels of the targets, such as `app=shop,region=eu`. */
  readonly targetLabels: string
  /** The file that lists the targets; empty for none. */
  readonly targetFileSd: string
}

const ports: SettingKind<string> = {
  says: `${portRangeForms}, or off`,
  read(value) {
    if (value === false || value === '' || /^(?:off|false|no)$/i.test(String(value))) return ''
    return portRange(value) === undefined ? undefined : String(value).replaceAll(' ', '')
  },
}

const labels: SettingKind<string> = {
  says: 'labels such as app=shop,region=eu',
  read(value) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const items = isObject ? Object.entries(value).map(([label, each]) => `${label}=${each}`) : String(value).split(',')
    const valid = items.every((item) => /^\s*[a-zA-Z_]\w*\s*=[^,]*$/.test(item))
    return value === '' || valid ? items.join() : undefined
  },
}

const targetsFile: SettingKind<string> = {
  says: 'the path of a file that ends in .json',
  read: (value) => (value === '' || /[^/]\.(?:json|ya?ml)$/.test(String(value)) ? filePath.read(value) : undefined),
}

export const targetSettings: SettingsTable<TargetSettingsOfWorkers> = {
  workerPorts: {
    kind: ports,
    default: '',
    env: variables.workerPorts,
    flag: ['worker-ports'],
    help: 'a target for each worker, on the first free port of a range such as 9500-9599; 0 for any free port',
  },
  workerHost: {
    kind: text,
    default: '',
    env: variables.workerHost,
    flag: ['worker-host'],
    help: 'the address of these targets; 127.0.0.1 by default',
  },
  targetAdvertise: {
    kind: text,
    default: '',
    env: variables.targetAdvertise,
    flag: ['target-advertise'],
    help: 'the name or address of this host for Prometheus',
  },
  targetLabels: {
    kind: labels,
    default: '',
    env: variables.targetLabels,
    flag: ['target-labels'],
    help: 'labels of the targets, such as app=shop,region=eu',
  },
  targetFileSd: {
    kind: targetsFile,
    default: '',
    env: variables.targetFileSd,
    flag: ['target-file-sd'],
    help: "a JSON file with the targets, for Prometheus' file_sd",
  },
}

/** Returns the variables by which the workers know their targets. An empty one replaces an inherited one. */
export function targetEnvironment(
  settings: TargetSettingsOfWorkers & Pick<ExporterSettings, 'exporters'>,
): Record<string, string> {
  const variablesOf = Object.entries(targetSettings).map(([name, { env }]) => {
    return [env[0]!, settings[name as keyof TargetSettingsOfWorkers]] as const
  })
  const { etcd } = settings.exporters
  // The workers announce their targets themselves.
  if (settings.workerPorts !== '' && etcd) variablesOf.push([variables.exporters[0], JSON.stringify({ etcd })])
  return Object.fromEntries(variablesOf.filter(([variable, value]) => value !== '' || processEnvironment()[variable]))
}
