import { resolve } from 'node:path'
import { loadBinding } from '#native'
import { MetricsError } from './model/errors.js'
import { checkOptions, type OptionNames, refuseNull } from './model/known-options.js'
import type { Log } from './model/logger.js'
import { held } from './platform/held.js'
import { yieldRegisteredPort } from './preload/registration.js'
import { processHome } from './runtime/current-context.js'
import { placeOfRuns } from './runtime/directory/default-location.js'
import { agentFile, packageVersion, registerFile } from './runtime/package-files.js'
import { backendOfSupervisor, chooseBackendOf, shareWithWorkers } from './runtime/supervised/workers-directory.js'
import { warnOfUnusedVariables } from './runtime/unused-variables.js'
import { Attendant } from './supervisor/cluster-observer.js'
import { workerEnvironment } from './supervisor/gunicorn/environment-manager.js'
import { checkHooks, hooksFrom } from './supervisor/hooks-module.js'
import type { Hooks as HooksOf, SupervisorView } from './supervisor/lifecycle.js'
import { type GivenLogger, logOf } from './supervisor/log.js'
import { accountOf } from './supervisor/os-user.js'
import { takePidFile } from './supervisor/pid-file.js'
import { Configuration, type Layers } from './supervisor/settings/configuration.js'
import { type EncryptionSettings, encryptionOf } from './supervisor/settings/encryption-settings.js'
import { logConfiguration } from './supervisor/settings/explain.js'
import { readFile, usualFile } from './supervisor/settings/file.js'
import type { PortSettings } from './supervisor/settings/port-settings.js'
import { settings as everySetting, type Settings } from './supervisor/settings/settings.js'
import { handleSignals } from './supervisor/signal-handling.js'
import { Supervisor } from './supervisor/supervisor.js'
import { isPrimary } from './supervisor/worker-process.js'

export type { Attendant } from './supervisor/cluster-observer.js'
export {
  defaultOnExit,
  defaultOnStarting,
  defaultPostFork,
  defaultWhenReady,
  defaultWorkerInt,
  type HookedSupervisor,
  redisWhenReady,
} from './supervisor/gunicorn/default-hooks.js'
export { EnvironmentManager } from './supervisor/gunicorn/environment-manager.js'
export { HookManager } from './supervisor/gunicorn/hook-manager.js'
export {
  MetricsServerManager,
  type MetricsServerSettings,
  type MetricsServerSetup,
} from './supervisor/gunicorn/metrics-server-manager.js'
export { ProcessManager } from './supervisor/gunicorn/process-manager.js'
export { WorkerManager } from './supervisor/gunicorn/worker-manager.js'
export {
  type GunicornHooks,
  HookContext,
  type HookName,
  type SupervisedWorker,
  type SupervisorView,
} from './supervisor/lifecycle.js'
export type { GivenLogger, Logger } from './supervisor/log.js'
export type { Configuration } from './supervisor/settings/configuration.js'
export type { Settings } from './supervisor/settings/settings.js'
export type { Supervisor } from './supervisor/supervisor.js'
export type { RestartReason, WorkerExit, WorkerState } from './supervisor/worker-process.js'

/** What an application has done when something happens; `server` is the supervisor, or what `attend()` gives. */
export type Hooks<S extends SupervisorView = Supervisor> = HooksOf<S>

type MayBeLeftOut<S> = { readonly [K in keyof S]?: S[K] | undefined }

/** What `supervise` takes: every setting, and what only code can say. */
export interface SuperviseOptions extends MayBeLeftOut<Settings> {
  /** The file that workers run; the one that this process runs when left out. */
  readonly exec?: string | undefined
  /** Its arguments; those of this process when left out. */
  readonly args?: readonly string[] | undefined
  /** Options of Node for the workers, beside those of this process. */
  readonly execArgv?: readonly string[] | undefined
  /** Beside those of `hooksModule`, and before them where both have one. */
  readonly hooks?: Hooks | undefined
  /** Whether HUP, TTIN, TTOU, TERM, INT and QUIT do what they do under `promhive run`: true when left out. */
  readonly signals?: boolean | undefined
  /** pino, winston, `console`, or any object with `error`, `warn` and `info`; the standard error when left out. */
  readonly logger?: GivenLogger | undefined
  /** A configuration file; `PROMHIVE_CONFIG`, or `promhive.yaml` or `promhive.json` in the working directory, when left out. */
  readonly config?: string | undefined
}

const attendOptions = {
  hooks: true,
  logger: true,
  config: true,
} as const satisfies OptionNames<Omit<AttendOptions, keyof Settings>>

const superviseOptions = {
  ...attendOptions,
  exec: true,
  args: true,
  execArgv: true,
  signals: true,
} as const satisfies OptionNames<Omit<SuperviseOptions, keyof Settings>>

/**
 * Makes this process the supervisor of an application: starts its workers on node:cluster, restarts those that end, and
 * answers scrapes on a port of its own. What `promhive run` does, for a primary of one's own.
 *
 * @experimental
 * @returns when every worker serves
 * @throws MetricsError `OPTION_INVALID`, naming the setting; `DIRECTORY_UNUSABLE`; `BACKEND_DIFFERS` when a worker counts in
 * another backend; `START_FAILED` when no worker could be started
 * @example
 * import cluster from 'node:cluster'
 * import { supervise } from 'promhive/supervisor'
 * if (cluster.isPrimary) {
 *   const supervisor = await supervise({ workers: 4, hooks: { workerExited: ({ worker, exit }) => console.log(worker.id, exit.reason) } })
 *   console.log(`metrics at ${supervisor.metricsUrl}`)
 * } else {
 *   await import('./server.js')
 * }
 */
export function supervise(options: SuperviseOptions = {}): Promise<Supervisor> {
  return held(superviseNow(options))
}

async function superviseNow(options: SuperviseOptions): Promise<Supervisor> {
  refuseNull('supervise', options)
  const { exec, args, execArgv = [], hooks, signals = true, logger, config, ...code } = options
  checkCaller('supervise', hooks)
  checkOptions('supervise', options, { ...everySetting, ...superviseOptions })
  const configuration = await configurationFrom({ environment: process.env, code }, config)
  const all = { ...(await hooksFrom(configuration)), ...hooks } as Hooks
  const supervisor = composeSupervisor(configuration, { exec, args, execArgv, hooks: all, logger })
  if (configuration.settings.metrics) await yieldRegisteredPort()
  const stopListening = signals ? handleSignals(supervisor) : undefined
  void supervisor.done.then(stopListening)
  await supervisor.start()
  if (!supervisor.gaveUp) return supervisor
  if (supervisor.refusal !== undefined) throw new MetricsError('BACKEND_DIFFERS', supervisor.refusal)
  const file = exec ?? process.argv[1]
  throw new MetricsError('START_FAILED', `supervise: no worker of ${file} has ever served; its own errors are above`)
}

/** What `attend` takes: the settings that matter without workers of its own. */
export interface AttendOptions
  extends MayBeLeftOut<
    Pick<
      Settings,
      | 'dir'
      | 'metrics'
      | 'port'
      | 'host'
      | 'path'
      | 'portAttempts'
      | 'stats'
      | 'compat'
      | 'metricPrefix'
      | 'logLevel'
      | 'logFormat'
    > &
      EncryptionSettings &
      PortSettings
  > {
  readonly hooks?: Hooks<Attendant> | undefined
  readonly logger?: GivenLogger | undefined
  /** A configuration file, as for `supervise`. */
  readonly config?: string | undefined
}

/**
 * Attends to the workers that this primary starts itself with `cluster.fork()`: numbers them, shows what the kernel tells
 * of each, calls hooks, and answers scrapes on a port of its own. It starts, restarts and ends nobody.
 *
 * @experimental
 * @throws MetricsError `OPTION_INVALID`, naming the setting; `DIRECTORY_UNUSABLE`
 * @example
 * const attendant = await attend({ hooks: { workerExited: () => cluster.fork() } })
 * cluster.fork()
 * console.log(`metrics at ${attendant.metricsUrl}`)
 */
export function attend(options: AttendOptions = {}): Promise<Attendant> {
  return held(attendNow(options))
}

async function attendNow(options: AttendOptions): Promise<Attendant> {
  refuseNull('attend', options)
  const { hooks: given, logger, config, ...code } = options
  checkCaller('attend', given)
  checkOptions('attend', options, { ...everySetting, ...attendOptions })
  const configuration = await configurationFrom({ environment: process.env, code }, config)
  const { settings } = configuration
  const hooks = { ...(await hooksFrom(configuration)), ...given }
  checkHooks(hooks)
  const log = openLog(configuration, logger)
  // Set for the workers as well: they are started from this environment.
  chooseBackendOf(configuration)
  Object.assign(process.env, shareWithWorkers(configuration, undefined))
  const attendant = new Attendant({
    settings,
    registry: processHome().registry,
    tls: encryptionOf(configuration),
    version: packageVersion(),
    forward,
    hooks: hooks as HooksOf,
    logger: log,
  })
  if (settings.metrics) await yieldRegisteredPort()
  await attendant.start()
  return attendant
}

/** @internal All layers, the file among them. `path`: the file that was named, if one was. */
export async function configurationFrom(layers: Omit<Layers, 'file'>, path?: string): Promise<Configuration> {
  const named = path ?? (layers.environment?.PROMHIVE_CONFIG || usualFile())
  const file = named === undefined ? undefined : await readFile(named, path !== undefined)
  return new Configuration({ ...layers, file })
}

type Composition = {
  readonly [K in 'exec' | 'args' | 'execArgv' | 'hooks' | 'logger']?: SuperviseOptions[K] | undefined
}

/** @internal A supervisor of this process's registry and directory, not started yet. */
export function composeSupervisor(
  configuration: Configuration,
  { exec, args, execArgv, hooks, logger }: Composition,
): Supervisor {
  checkCaller('supervise', hooks)
  const { settings } = configuration
  const { user, group, register } = settings
  const account = user === '' && group === '' ? undefined : accountOf('--user', user || undefined, group || undefined)
  if (account !== undefined && process.geteuid?.() !== 0 && account.uid !== process.geteuid?.()) {
    throw new MetricsError('OPTION_INVALID', `--user ${user}: only root can start workers of another user`)
  }
  chooseBackendOf(configuration)
  const log = openLog(configuration, logger)
  const releasePidFile = settings.pidFile === '' ? undefined : takePidFile(resolve(settings.pidFile))
  if (releasePidFile !== undefined) process.once('exit', releasePidFile)
  const environment = { ...workerEnvironment(settings), ...shareWithWorkers(configuration, account) }
  const preload = register ? ['--import', registerFile()] : []
  const supervisor = new Supervisor({
    settings,
    registry: processHome().registry,
    tls: encryptionOf(configuration),
    version: packageVersion(),
    forward,
    program: {
      // Successors are started from wherever the supervisor is by then.
      exec: exec === undefined ? undefined : resolve(exec),
      args,
      execArgv: [...process.execArgv, '--require', agentFile(), ...preload, ...(execArgv ?? [])],
      uid: account?.uid,
      gid: account?.gid,
    },
    scratch: placeOfRuns(),
    backend: settings.metrics ? backendOfSupervisor : undefined,
    reap: process.pid === 1 ? loadBinding().binding?.reap : undefined,
    environment: {
      ...environment,
      ...(account?.name !== undefined && { USER: account.name, LOGNAME: account.name, HOME: account.home ?? '/' }),
    },
    ...(hooks !== undefined && { hooks: hooks as HooksOf }),
    logger: log,
  })
  void supervisor.done.then(releasePidFile)
  return supervisor
}

/** The log of a supervisor, which is that of its process as well. */
function openLog(configuration: Configuration, logger: GivenLogger | undefined): Log {
  const log = logOf(configuration.settings, logger)
  processHome().log.adopt(log, logger === undefined && configuration.settings.logFormat === 'plain')
  logConfiguration(configuration, log)
  // The configuration names its own setting.
  warnOfUnusedVariables(processHome().log, 'address')
  return log
}

/** What `redisWhenReady` begins; loaded with the first that asks for it. */
async function forward(settings: Settings): Promise<{ stop(): Promise<void> }> {
  const { startRedisForwarder } = await import('./redis-forwarder.js')
  const { redisHost, redisPort, redisDb, redisPassword, redisKeyPrefix, redisForwardInterval } = settings
  return startRedisForwarder({
    enabled: true,
    host: redisHost,
    port: redisPort,
    db: redisDb,
    interval: redisForwardInterval,
    keyPrefix: redisKeyPrefix,
    ...(redisPassword !== '' && { password: redisPassword }),
  })
}

function checkCaller(name: string, hooks: object | undefined): void {
  if (!isPrimary()) {
    throw new MetricsError('OPTION_INVALID', `${name}() is for the primary: call it where cluster.isPrimary is true`)
  }
  checkHooks(hooks)
}
