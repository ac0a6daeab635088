import { processEnvironment } from './process-environment.js'

/**
 * The environment variables that processes of the application read, by task. If there are several names, the first one
 * that is set is used: promhive's name, then that of the compatible client or program. Settings that only the
 * supervisor reads are named in `supervisor/settings/`, and the options of Redis in `store/redis/environment-options`.
 */
export const variables = {
  /** The directory that the processes share. */
  directory: ['PROMHIVE_DIR', 'PROMETHEUS_MULTIPROC_DIR', 'prometheus_multiproc_dir'],
  backendClass: ['PROMHIVE_BACKEND_CLASS', 'PYTHEUS_BACKEND_CLASS'],
  backendConfig: ['PROMHIVE_BACKEND_CONFIG', 'PYTHEUS_BACKEND_CONFIG'],
  metricsPort: ['PROMHIVE_METRICS_PORT', 'PROMETHEUS_METRICS_PORT'],
  metricsHost: ['PROMHIVE_METRICS_HOST', 'PROMETHEUS_BIND_ADDRESS'],
  allowedHosts: ['PROMHIVE_METRICS_ALLOWED_HOSTS'],
  maxConnections: ['PROMHIVE_METRICS_MAX_CONNECTIONS'],
  sendTimeout: ['PROMHIVE_METRICS_SEND_TIMEOUT'],
  /** Whether the metrics port shows a page for people. */
  page: ['PROMHIVE_PAGE'],
  /** The target of each process: where it listens, and how it is announced. */
  workerPorts: ['PROMHIVE_WORKER_PORTS'],
  workerHost: ['PROMHIVE_WORKER_HOST'],
  targetAdvertise: ['PROMHIVE_TARGET_ADVERTISE'],
  targetLabels: ['PROMHIVE_TARGET_LABELS'],
  targetFileSd: ['PROMHIVE_TARGET_FILE_SD'],
  /** The log of promhive: `debug`, `debug:json` or `:json`. */
  log: ['PROMHIVE_LOG'],
  workerLabel: ['PROMHIVE_WORKER_LABEL'],
  /** Whether scrapes show every series with the number of its worker. */
  perWorker: ['PROMHIVE_PER_WORKER'],
  /** Whether OpenMetrics omits `_created`, as in Python's client. */
  createdDisabled: ['PROMETHEUS_DISABLE_CREATED_SERIES'],
  /** What `promhive/register` measures and writes. */
  http: ['PROMHIVE_HTTP'],
  httpNames: ['PROMHIVE_HTTP_NAMES'],
  httpIgnore: ['PROMHIVE_HTTP_IGNORE'],
  defaultMetrics: ['PROMHIVE_DEFAULT_METRICS'],
  startup: ['PROMHIVE_STARTUP'],
  /** Set by a supervisor for its workers: the number of the worker, its assignment, and the settings. */
  workerId: ['PROMHIVE_WORKER_ID'],
  assignment: ['PROMHIVE_SUPERVISED'],
  configuration: ['PROMHIVE_CONFIGURATION'],
  /** The configuration file of `promhive run`. */
  configurationFile: ['PROMHIVE_CONFIG'],
  /** Set by a process for its children: its pid, and the directory in which they count. */
  application: ['PROMHIVE_APPLICATION'],
  /** `off` disables the addon. */
  native: ['PROMHIVE_NATIVE'],
  /** `off` makes promhive work as on a system without /proc. */
  proc: ['PROMHIVE_PROC'],
  /** The exporters to start, with their options: as JSON, or the path of a JSON file. */
  exporters: ['PROMHIVE_EXPORTERS'],
  /** The address of each exporter, which starts it. */
  textFile: ['PROMHIVE_TEXT_FILE'],
  statsd: ['PROMHIVE_STATSD'],
  otlp: ['PROMHIVE_OTLP'],
  remoteWrite: ['PROMHIVE_REMOTE_WRITE'],
  /** Whether the supervisor serves the metrics. */
  metrics: ['PROMHIVE_METRICS'],
  statistics: ['PROMHIVE_STATS'],
  /** The etcd in which targets are announced: its URLs, the keys there, the login and the files for TLS. */
  etcd: ['PROMHIVE_ETCD'],
  etcdPrefix: ['PROMHIVE_ETCD_PREFIX'],
  etcdJob: ['PROMHIVE_ETCD_JOB'],
  etcdTtl: ['PROMHIVE_ETCD_TTL'],
  etcdUsername: ['PROMHIVE_ETCD_USERNAME'],
  etcdPassword: ['PROMHIVE_ETCD_PASSWORD'],
  etcdCaFile: ['PROMHIVE_ETCD_CA_FILE'],
  etcdCertFile: ['PROMHIVE_ETCD_CERT_FILE'],
  etcdKeyFile: ['PROMHIVE_ETCD_KEY_FILE'],
} as const satisfies Record<string, readonly [string, ...string[]]>

/** The directory that is none: the process counts in memory, and for itself. `./memory` names a folder. */
export const inMemory = 'memory'

/**
 * The variables of OpenTelemetry that the OTLP exporter reads, by option: that for metrics, then that for all signals.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export const otlpVariables = {
  endpoint: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
  metricsEndpoint: ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'],
  protocol: ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  headers: ['OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
  compression: ['OTEL_EXPORTER_OTLP_METRICS_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
  timeout: ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
  certificate: ['OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
  clientCertificate: ['OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
  clientKey: ['OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'],
  temporality: ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'],
  interval: ['OTEL_METRIC_EXPORT_INTERVAL'],
  serviceName: ['OTEL_SERVICE_NAME'],
  resourceAttributes: ['OTEL_RESOURCE_ATTRIBUTES'],
  exporters: ['OTEL_METRICS_EXPORTER'],
  disabled: ['OTEL_SDK_DISABLED'],
} as const satisfies Record<string, readonly [string, ...string[]]>

/** Returns the name and the value of the first variable that is set and not empty. */
export function firstSet<N extends string>(
  names: readonly N[],
  environment: NodeJS.ProcessEnv = processEnvironment(),
): readonly [name: N, value: string] | undefined {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '') return [name, value]
  }
  return undefined
}

/** Whether a variable disables something. */
export function isOff(names: readonly string[], environment?: NodeJS.ProcessEnv): boolean {
  return /^(?:off|false|no|0)$/i.test(firstSet(names, environment)?.[1] ?? '')
}

/** Whether a variable is true, as Python's clients read it. */
export function isOn(names: readonly string[], environment?: NodeJS.ProcessEnv): boolean {
  return /^(?:1|true|t)$/i.test(firstSet(names, environment)?.[1] ?? '')
}

/** Returns the items of a comma-separated list. */
export function itemsOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
