import cluster, { type Worker } from 'node:cluster'
import { holdAwaited } from '../platform/held.js'
import { clearInterval, setInterval, setTimeout } from '../platform/timers.js'
import type { SupervisedWorker } from './lifecycle.js'
import { aboutOf, logEnd, nameOf } from './log-texts.js'
import { type CoreOptions, SupervisorCore } from './supervisor-core.js'
import { type RestartReason, type WorkerExit, WorkerProcess } from './worker-process.js'

/** Milliseconds between two checks of the workers. */
const lookEvery = 1000

/**
 * Observes workers that the application's own primary starts with `cluster.fork()`: assigns numbers to them (1 to the
 * number of workers), shows the kernel's numbers about them, calls hooks, and answers scrapes. It starts and ends no
 * process.
 *
 * @experimental
 */
export class ClusterObserver extends SupervisorCore {
  private readonly observed = new Map<number, WorkerProcess>()
  /** By number: why the last worker ended. The next worker with the number is its successor. */
  private readonly vacated = new Map<number, RestartReason>()
  private timer: NodeJS.Timeout | undefined
  private readonly onFork = (worker: Worker): void => this.observe(worker)

  /** @internal */
  constructor(options: CoreOptions) {
    super(options)
  }

  workers(): readonly SupervisedWorker[] {
    return [...this.observed.values()]
  }

  /** @internal promhive is not loaded into these workers. */
  protected readonly countsRequests = false

  /** @internal */
  protected numbered(): Iterable<readonly [number, WorkerProcess]> {
    return this.observed
  }

  static {
    holdAwaited(ClusterObserver.prototype, 'start', 'stop')
  }

  /** Starts with the present workers. */
  async start(): Promise<void> {
    if (this.timer !== undefined) return
    this.timer = setInterval(() => this.look(), lookEvery).unref()
    await this.open()
    cluster.on('fork', this.onFork)
    for (const worker of Object.values(cluster.workers ?? {})) if (worker !== undefined) this.observe(worker)
    await this.emitReady()
  }

  /** Closes the metrics port; the workers continue. A second call does nothing. */
  async stop(): Promise<void> {
    if (this.timer === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    cluster.off('fork', this.onFork)
    await this.emit('stopping')
    await this.close()
  }

  private observe(worker: Worker): void {
    let id = 1
    while (this.observed.has(id)) id++
    const observed = new WorkerProcess(id, worker, () => {})
    this.observed.set(id, observed)
    observed.refresh = () => this.metrics?.update(id, observed.state(), observed)
    const reason = this.vacated.get(id)
    this.vacated.delete(id)
    if (reason !== undefined) this.metrics?.restarted(reason)
    this.logger.debug(`${nameOf(observed)} was started`, aboutOf('workerStarted', observed))
    void this.emit('workerStarted', { worker: observed })
    const ready = (): void => {
      if (observed.ready) return
      observed.ready = true
      observed.refresh()
      this.logger.debug(`${nameOf(observed)} is ready`, aboutOf('workerReady', observed))
      void this.emit('workerReady', { worker: observed })
    }
    // A worker that was present before has reported its ports already.
    if (worker.isConnected() && worker.process.connected && observed.uptime > 1) ready()
    worker.once('listening', ready)
    worker.once('online', () => setTimeout(ready, lookEvery).unref())
    void observed.exited.then((exit) => this.ended(observed, exit))
  }

  private ended(worker: WorkerProcess, exit: WorkerExit): void {
    const { id } = worker
    this.observed.delete(id)
    const reason = restartReason(worker, exit)
    this.vacated.set(id, reason)
    logEnd(this.logger, reason === 'reload', worker, exit, reason)
    this.metrics?.ended(worker)
    this.metrics?.forget(id)
    void this.emit('workerExited', { worker, exit: { ...exit, reason } })
  }

  private look(): void {
    for (const worker of this.observed.values()) worker.refresh()
  }
}

function restartReason({ worker, ready }: WorkerProcess, { signal }: WorkerExit): RestartReason {
  if (worker.exitedAfterDisconnect) return 'reload'
  if (signal !== null) return 'signal'
  return ready ? 'exit' : 'start_failed'
}
