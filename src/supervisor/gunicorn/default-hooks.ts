import type { SupervisedWorker, SupervisorView } from '../lifecycle.js'
import type { Settings } from '../settings/settings.js'
import { EnvironmentManager } from './environment-manager.js'
import { ProcessManager } from './process-manager.js'
import { WorkerManager } from './worker-manager.js'

/*
 * The hooks of gunicorn's exporter, under its names. A supervisor does all of this by itself: they are for applications that have switched
 * it off (`metrics: false`), calls them from hooks of their own, or looks for them. Each may be called twice.
 */

/** The supervisor, as the default hooks use it. */
export interface HookedSupervisor extends SupervisorView {
  readonly settings: Settings
  /** Makes the families of workers and of the primary. */
  prepareMetrics(): void
  openMetricsPort(): Promise<boolean>
  closeMetricsPort(): Promise<void>
  /** Begins to forward to Redis; false where that is not to be had. */
  startForwarding(): Promise<boolean>
}

/**
 * Has the metrics of the primary and of its workers shown from the start.
 *
 * @experimental
 * @example supervise({ hooks: { onStarting: defaultOnStarting } })
 */
export function defaultOnStarting(server: HookedSupervisor): void {
  server.prepareMetrics()
}

/**
 * Opens the metrics port; tries again a few times while it is taken.
 *
 * @experimental
 * @example supervise({ metrics: false, hooks: { whenReady: defaultWhenReady } })
 */
export async function defaultWhenReady(server: HookedSupervisor): Promise<void> {
  await server.openMetricsPort()
}

/**
 * Updates the metrics of a worker that was interrupted. The supervisor ends it gracefully afterwards, when its
 * successor serves.
 *
 * @experimental
 * @example supervise({ hooks: { workerInt: defaultWorkerInt } })
 */
export function defaultWorkerInt(worker: SupervisedWorker): void {
  new WorkerManager().updateMetrics(worker)
}

/**
 * Closes the metrics port, and ends what the application has left running below the supervisor.
 *
 * @experimental
 * @example supervise({ hooks: { onExit: defaultOnExit } })
 */
export async function defaultOnExit(server: HookedSupervisor): Promise<void> {
  await new ProcessManager().cleanupProcesses()
  await server.closeMetricsPort()
}

/**
 * Carries `--workers`, `--bind` and `--worker-class` into the environment under gunicorn's names.
 *
 * @experimental
 * @example supervise({ hooks: { postFork: defaultPostFork } })
 */
export function defaultPostFork(server: HookedSupervisor, _worker: SupervisedWorker): void {
  new EnvironmentManager({ info: () => {}, warn: () => {}, error: () => {} }).updateFromCli(server.settings)
}

/**
 * Opens the metrics port and, with `REDIS_ENABLED`, begins to forward to Redis. A Redis that cannot be reached is logged.
 *
 * @experimental
 * @example supervise({ metrics: false, hooks: { whenReady: redisWhenReady } })
 */
export async function redisWhenReady(server: HookedSupervisor): Promise<void> {
  await server.openMetricsPort()
  await server.startForwarding()
}
