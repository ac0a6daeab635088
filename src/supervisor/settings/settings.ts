import { availableParallelism } from 'node:os'
import { type LogFormat, type LogLevel, logFormats, logLevels } from '../../model/logger.js'
import { variables } from '../../platform/environment.js'
import type { Compat } from '../gunicorn/metric-naming.js'
import { type BackendSettings, backendSettings } from './backend-settings.js'
import { type EncryptionSettings, encryptionSettings } from './encryption-settings.js'
import { type ExporterSettings, exporterSettings } from './exporter-settings.js'
import {
  boolean,
  boundAddress,
  bytes,
  directoryPath,
  filePath,
  namePrefix,
  oneOf,
  port,
  processes,
  seconds,
  servedAddress,
  text,
  urlPath,
  whole,
  workerClass,
} from './kinds.js'
import { type PortSettings, portSettings } from './port-settings.js'
import { type RedisSettings, redisSettings } from './redis-settings.js'
import type { SettingsTable } from './setting.js'

export type { Setting } from './setting.js'

/** All settings of `promhive run` and `supervise()`. */
export interface Settings extends BackendSettings, EncryptionSettings, ExporterSettings, PortSettings, RedisSettings {
  /** The number of processes that serve the application. */
  readonly workers: number
  /** The directory in which they count together; empty for the default. */
  readonly dir: string
  /** Whether the supervisor answers scrapes on its own port. */
  readonly metrics: boolean
  readonly port: number
  readonly host: string
  readonly path: string
  /** The maximum number of attempts to open a metrics port in use. */
  readonly portAttempts: number
  /** The address at which the supervisor serves statistics, in uWSGI's format; empty for none. */
  readonly stats: string
  /** The user of the workers; empty for the supervisor's user. */
  readonly user: string
  readonly group: string
  /** Requests after which a worker is replaced; 0 for never. */
  readonly maxRequests: number
  /** A random number of further requests, up to this one, so that the workers are not replaced at once. */
  readonly maxRequestsJitter: number
  /** Bytes of resident memory above which a worker is replaced; 0 for never. */
  readonly maxRss: number
  /** Seconds for which the event loop of a worker must be blocked before the worker is killed; 0 for never. */
  readonly timeout: number
  /** Seconds for a worker to finish its requests. */
  readonly gracefulTimeout: number
  /** Seconds for a worker to open its ports. */
  readonly startTimeout: number
  /** Whether a blocked worker writes a diagnostic report with its stack. */
  readonly report: boolean
  readonly reportDir: string
  /** Whether the report contains the environment. */
  readonly reportEnvironment: boolean
  readonly compat: Compat
  /** The prefix of the supervisor's families. */
  readonly metricPrefix: string
  /** Whether workers load `promhive/register`. */
  readonly register: boolean
  /** A module that exports hooks. */
  readonly hooksModule: string
  /** Passed to the application as HOST and PORT. */
  readonly bind: string
  readonly workerClass: string
  /** The file for the supervisor's pid; empty for none. */
  readonly pidFile: string
  /** The log level and format of the supervisor and the workers. */
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

export const settings: SettingsTable<Settings> = {
  workers: {
    kind: processes,
    default: () => availableParallelism(),
    gunicornDefault: 1,
    env: ['PROMHIVE_WORKERS', 'GUNICORN_WORKERS', 'WEB_CONCURRENCY'],
    flag: ['workers', 'w'],
    exporterPath: 'gunicorn.workers',
    help: 'number of processes; by default, or with auto, one per processor',
  },
  dir: {
    kind: directoryPath,
    default: '',
    gunicornDefault: '/tmp/prometheus_multiproc',
    env: variables.directory,
    flag: ['dir', 'd'],
    exporterPath: 'prometheus.multiproc_dir',
    help: 'directory in which they count together; by default a new one in memory',
  },
  metrics: {
    kind: boolean,
    default: true,
    env: variables.metrics,
    flag: ['metrics'],
    help: 'whether the supervisor answers scrapes; --no-metrics disables it',
  },
  port: {
    kind: port,
    default: 9464,
    gunicornDefault: 9090,
    env: variables.metricsPort,
    flag: ['port', 'p'],
    flagAlias: 'metrics-port',
    exporterPath: 'prometheus.metrics_port',
    help: 'the metrics port; 0 uses any free one',
  },
  host: {
    kind: text,
    default: '127.0.0.1',
    gunicornDefault: '0.0.0.0',
    env: variables.metricsHost,
    flag: ['host'],
    flagAlias: 'metrics-host',
    exporterPath: 'prometheus.bind_address',
    help: 'the address of the metrics port',
  },
  path: {
    kind: urlPath,
    default: '/metrics',
    env: ['PROMHIVE_METRICS_PATH'],
    flag: ['path'],
    help: 'the path of the metrics',
  },
  portAttempts: {
    kind: whole(1, 1000),
    default: 5,
    env: ['PROMHIVE_METRICS_PORT_ATTEMPTS'],
    flag: ['port-attempts'],
    help: 'attempts to open a metrics port in use, five a second',
  },
  stats: {
    kind: servedAddress,
    default: '',
    env: variables.statistics,
    flag: ['stats'],
    help: 'the address of statistics as JSON: unix:/PATH, 127.0.0.1:9191 or http://127.0.0.1:9191',
  },
  user: { kind: text, default: '', env: ['PROMHIVE_USER'], flag: ['user'], help: 'the user of the workers' },
  group: { kind: text, default: '', env: ['PROMHIVE_GROUP'], flag: ['group'], help: 'their group' },
  maxRequests: {
    kind: whole(0),
    default: 0,
    env: ['PROMHIVE_MAX_REQUESTS'],
    flag: ['max-requests'],
    help: 'replace a worker after this number of requests',
  },
  maxRequestsJitter: {
    kind: whole(0),
    default: 0,
    env: ['PROMHIVE_MAX_REQUESTS_JITTER'],
    flag: ['max-requests-jitter'],
    help: 'and up to this number more, at random',
  },
  maxRss: {
    kind: bytes,
    default: 0,
    env: ['PROMHIVE_MAX_RSS'],
    flag: ['max-rss'],
    help: 'replace a worker that uses more memory, such as 512M',
  },
  timeout: {
    kind: seconds,
    default: 30,
    env: ['PROMHIVE_TIMEOUT', 'GUNICORN_TIMEOUT'],
    flag: ['timeout', 't'],
    exporterPath: 'gunicorn.timeout',
    help: 'seconds after which a blocked worker writes a report and is killed; 0 for no limit',
  },
  gracefulTimeout: {
    kind: seconds,
    default: 30,
    env: ['PROMHIVE_GRACEFUL_TIMEOUT'],
    flag: ['graceful-timeout'],
    help: 'seconds for a worker to finish its requests',
  },
  startTimeout: {
    kind: seconds,
    default: 60,
    env: ['PROMHIVE_START_TIMEOUT'],
    flag: ['start-timeout'],
    help: 'seconds for a worker to open its ports',
  },
  report: {
    kind: boolean,
    default: true,
    env: ['PROMHIVE_REPORT'],
    flag: ['report'],
    help: 'whether a blocked worker writes a diagnostic report; --no-report saves a thread per worker',
  },
  reportDir: {
    kind: filePath,
    default: '',
    env: ['PROMHIVE_REPORT_DIR'],
    flag: ['report-dir'],
    help: 'the directory of the reports; by default promhive-reports in the working directory',
  },
  reportEnvironment: {
    kind: boolean,
    default: false,
    env: ['PROMHIVE_REPORT_ENVIRONMENT'],
    flag: ['report-environment'],
    help: 'whether reports contain the environment variables, and the secrets in them',
  },
  compat: {
    kind: oneOf('none', 'gunicorn'),
    default: 'none',
    env: ['PROMHIVE_COMPAT'],
    flag: ['compat'],
    help: "gunicorn: the names, labels and defaults of gunicorn's exporter",
  },
  metricPrefix: {
    kind: namePrefix,
    default: 'promhive_',
    env: ['PROMHIVE_METRIC_PREFIX'],
    flag: ['metric-prefix'],
    help: "prefix of the names of the supervisor's metrics",
  },
  register: {
    kind: boolean,
    default: false,
    env: ['PROMHIVE_REGISTER'],
    flag: ['register'],
    help: 'load promhive/register in every worker: metrics without code',
  },
  hooksModule: {
    kind: text,
    default: '',
    env: ['PROMHIVE_HOOKS'],
    flag: ['hooks'],
    help: 'a module that exports hooks',
  },
  bind: {
    kind: boundAddress,
    default: '',
    env: ['PROMHIVE_BIND', 'GUNICORN_BIND'],
    flag: ['bind', 'b'],
    exporterPath: 'gunicorn.bind',
    help: 'ADDRESS:PORT, passed to the application as HOST and PORT',
  },
  workerClass: {
    kind: workerClass,
    default: 'sync',
    env: ['GUNICORN_WORKER_CLASS'],
    flag: ['worker-class'],
    exporterPath: 'gunicorn.worker_class',
    help: 'accepted for compatibility with gunicorn: every worker is a Node process',
  },
  ...portSettings,
  pidFile: {
    kind: filePath,
    default: '',
    env: ['PROMHIVE_PID_FILE'],
    flag: ['pid-file'],
    help: "a file for the supervisor's pid; removed when the supervisor ends",
  },
  logLevel: {
    kind: oneOf(...logLevels),
    default: 'info',
    env: variables.log,
    part: (text) => text.split(':')[0],
    flag: ['log-level'],
    help: 'error, warn, info or debug',
  },
  logFormat: {
    kind: oneOf(...logFormats),
    default: 'plain',
    env: variables.log,
    part: formatPart,
    flag: ['log-format'],
    help: 'plain, or json for a JSON object per line',
  },
  ...backendSettings,
  ...encryptionSettings,
  ...exporterSettings,
  ...redisSettings,
}

/** Returns the format in `debug:json`; undefined for `debug` alone. */
function formatPart(text: string): string | undefined {
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}

export type SettingName = keyof Settings
export const settingNames = Object.keys(settings) as SettingName[]
