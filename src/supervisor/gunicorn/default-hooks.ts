import type { SupervisedWorker, SupervisorView } from '../lifecycle.js'
import type { Settings } from '../settings/settings.js'
import { EnvironmentManager } from './environment-manager.js'
import { ProcessManager } from './process-manager.js'
import { WorkerManager } from './worker-manager.js'

/*
 * The hooks of gunicorn's exporter, under its names. A supervisor does all of this by itself. These hooks are for
 * applications that disable it (`metrics: false`), or that call them from their own hooks. Each may be called twice.
 */

/** The supervisor, as the default hooks use it. */
export interface HookedSupervisor extends SupervisorView {
  readonly settings: Settings
  /** Creates the families of workers and of the primary. */
  prepareMetrics(): void
  openMetricsPort(): Promise<boolean>
  closeMetricsPort(): Promise<void>
  /** Starts forwarding to Redis; resolves to false if that is not available. */
  startForwarding(): Promise<boolean>
}

/**
 * Shows the metrics of the primary and of its workers from the start.
 *
 * @experimental
 * @example supervise({ hooks: { onStarting: defaultOnStarting } })
 */
export function defaultOnStarting(server: HookedSupervisor): void {
  server.prepareMetrics()
}

/**
 * Opens the metrics port; tries again a few times while it is in use.
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
 * Closes the metrics port, and ends the processes that the application has left running.
 *
 * @experimental
 * @example supervise({ hooks: { onExit: defaultOnExit } })
 */
export async function defaultOnExit(server: HookedSupervisor): Promise<void> {
  await new ProcessManager().cleanupProcesses()
  await server.closeMetricsPort()
}

/**
 * Sets gunicorn's environment variables from `--workers`, `--bind` and `--worker-class`.
 *
 * @experimental
 * @example supervise({ hooks: { postFork: defaultPostFork } })
 */
export function defaultPostFork(server: HookedSupervisor, _worker: SupervisedWorker): void {
  new EnvironmentManager({ info: () => {}, warn: () => {}, error: () => {} }).updateFromCli(server.settings)
}

/**
 * Opens the metrics port and, with `REDIS_ENABLED`, starts forwarding to Redis. An unreachable Redis is logged.
 *
 * @experimental
 * @example supervise({ metrics: false, hooks: { whenReady: redisWhenReady } })
 */
export async function redisWhenReady(server: HookedSupervisor): Promise<void> {
  await server.openMetricsPort()
  await server.startForwarding()
}
