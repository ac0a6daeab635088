export type { Hooks } from './runtime/supervised/hooks.js'
export { observe } from './runtime/supervised/observe.js'
export type { ObserveOptions, SuperviseOptions } from './runtime/supervised/options.js'
export { supervise } from './runtime/supervised/supervise.js'
export type { ClusterObserver } from './supervisor/cluster-observer.js'
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
