import cluster, { type Worker } from 'node:cluster'
import { holdAwaited } from '../platform/held.js'
import { clearInterval, setInterval, setTimeout } from '../platform/timers.js'
import type { SupervisedWorker } from './lifecycle.js'
import { aboutOf, logEnd, nameOf } from './log-texts.js'
import { type CoreOptions, SupervisorCore } from './supervisor-core.js'
import { type RestartReason, type WorkerExit, WorkerProcess } from './worker-process.js'

/** Milliseconds between two looks at the workers. */
const lookEvery = 1000

/**
 * Attends to workers that the application's own primary starts with `cluster.fork()`: gives them numbers, 1 to as many as
 * there are at once, shows the samples that the kernel gives, calls hooks, and answers scrapes. It starts and ends no process.
 *
 * @experimental
 */
export class Attendant extends SupervisorCore {
  private readonly attended = new Map<number, WorkerProcess>()
  /** Why the last worker of a number ended: the next one is its successor. */
  private readonly vacated = new Map<number, RestartReason>()
  private timer: NodeJS.Timeout | undefined
  private readonly onFork = (worker: Worker): void => this.attend(worker)

  /** @internal */
  constructor(options: CoreOptions) {
    super(options)
  }

  workers(): readonly SupervisedWorker[] {
    return [...this.attended.values()]
  }

  /** @internal Nothing of promhive's is loaded into them. */
  protected readonly countsRequests = false

  /** @internal */
  protected numbered(): Iterable<readonly [number, WorkerProcess]> {
    return this.attended
  }

  static {
    holdAwaited(Attendant.prototype, 'start', 'stop')
  }

  /** Begins with the workers that there are. */
  async start(): Promise<void> {
    if (this.timer !== undefined) return
    this.timer = setInterval(() => this.look(), lookEvery).unref()
    await this.open()
    cluster.on('fork', this.onFork)
    for (const worker of Object.values(cluster.workers ?? {})) if (worker !== undefined) this.attend(worker)
    await this.tellReady()
  }

  /** Closes the metrics port, and lets the workers be. Twice is once. */
  async stop(): Promise<void> {
    if (this.timer === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    cluster.off('fork', this.onFork)
    await this.tell('stopping')
    await this.close()
  }

  private attend(worker: Worker): void {
    let id = 1
    while (this.attended.has(id)) id++
    const attended = new WorkerProcess(id, worker, () => {})
    this.attended.set(id, attended)
    attended.refresh = () => this.metrics?.update(id, attended.state(), attended)
    const reason = this.vacated.get(id)
    this.vacated.delete(id)
    if (reason !== undefined) this.metrics?.restarted(reason)
    this.logger.debug(`${nameOf(attended)} was started`, aboutOf('workerStarted', attended))
    void this.tell('workerStarted', { worker: attended })
    const ready = (): void => {
      if (attended.ready) return
      attended.ready = true
      attended.refresh()
      this.logger.debug(`${nameOf(attended)} is ready`, aboutOf('workerReady', attended))
      void this.tell('workerReady', { worker: attended })
    }
    // One that was there before is not asked when it began to listen.
    if (worker.isConnected() && worker.process.connected && attended.uptime > 1) ready()
    worker.once('listening', ready)
    worker.once('online', () => setTimeout(ready, lookEvery).unref())
    void attended.exited.then((exit) => this.ended(attended, exit))
  }

  private ended(worker: WorkerProcess, exit: WorkerExit): void {
    const { id } = worker
    this.attended.delete(id)
    const reason = reasonOf(worker, exit)
    this.vacated.set(id, reason)
    logEnd(this.logger, reason === 'reload', worker, exit, reason)
    this.metrics?.ended(worker)
    this.metrics?.forget(id)
    void this.tell('workerExited', { worker, exit: { ...exit, reason } })
  }

  private look(): void {
    for (const worker of this.attended.values()) worker.refresh()
  }
}

function reasonOf({ worker, ready }: WorkerProcess, { signal }: WorkerExit): RestartReason {
  if (worker.exitedAfterDisconnect) return 'reload'
  if (signal !== null) return 'signal'
  return ready ? 'exit' : 'start_failed'
}
