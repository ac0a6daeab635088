import { clearTimeout, monotonicNow, setTimeout } from '../platform/timers.js'
import { WorkerManager } from './gunicorn/worker-manager.js'
import type { Logger } from './log.js'
import { aboutOf, nameOf, secondsText } from './log-texts.js'
import { outOfMemoryKills } from './process-sample.js'
import type { RestartReason, WorkerExit, WorkerProcess, WorkerState } from './worker-process.js'

/** Seconds after which a worker counts as working. */
const settled = 10
/** The maximum of milliseconds between two attempts. */
const longestPause = 30_000
/** Milliseconds until a failed replacement is tried again. */
const secondThoughts = 30_000

/** What a slot needs from its supervisor. */
export interface WorkerSlotOwner {
  readonly logger: Logger
  /** In milliseconds. */
  readonly startTimeout: number
  readonly gracefulTimeout: number
  /** Prepares the start of a worker. */
  prepare(): Promise<void>
  fork(id: number): WorkerProcess
  /** Whether the application opens ports. */
  listens(): boolean
  serving(worker: WorkerProcess): void
  ended(worker: WorkerProcess, exit: WorkerExit, reason: RestartReason | 'stop'): void
  restarted(reason: RestartReason): void
  /** Called with the number of failed starts in a row. */
  failing(failures: number): void
}

/** The slot of one worker, 1 to N: its process serves, is being started, or will be started. */
export class WorkerSlot {
  private current: WorkerProcess | undefined
  private successor: WorkerProcess | undefined
  /** Whether a worker is about to be started. */
  private coming = false
  private readonly retired = new Set<WorkerProcess>()
  private readonly workers: WorkerManager
  private failures = 0
  /** Unexpected ends since a worker last began to serve. */
  private lost = 0
  private timer: NodeJS.Timeout | undefined
  private closed = false
  private notBefore = 0
  private kills = outOfMemoryKills()

  constructor(
    readonly id: number,
    private readonly owner: WorkerSlotOwner,
  ) {
    this.workers = new WorkerManager(owner.logger)
  }

  /** The process that represents the worker of this number. */
  get worker(): WorkerProcess | undefined {
    return this.current ?? this.successor
  }

  state(): WorkerState {
    return this.worker?.state() ?? 'down'
  }

  /** Returns every process of this slot that has not ended. */
  processes(): readonly WorkerProcess[] {
    return [this.current, this.successor, ...this.retired].filter((worker) => worker !== undefined)
  }

  /** Starts a worker, and waits until it serves or has failed. */
  async open(): Promise<boolean> {
    const worker = (this.current = await this.start())
    if (worker === undefined) return false
    const serves = await worker.serves(undefined, this.owner.startTimeout, () => this.owner.listens())
    if (serves) this.serve(worker)
    else if (!worker.over) this.owner.logger.warn(`worker ${this.id} (${worker.pid}) has not opened a port yet`)
    return serves
  }

  /** Starts a successor, which replaces the worker once it serves. So the slot is never without a worker. */
  async replace(reason: RestartReason): Promise<boolean> {
    const old = this.current
    if (this.closed || this.coming || this.successor !== undefined) return false
    if (old === undefined) return reason === 'reload' && this.openNow()
    if (old.ending !== undefined) return false
    // A replacement that was requested explicitly is tried at once.
    const requestedExplicitly = reason === 'reload' || reason === 'signal'
    if (!requestedExplicitly && monotonicNow() < this.notBefore) return false
    this.owner.logger.debug?.(`${nameOf(old)} is being replaced (${reason})`, { ...aboutOf('replacing', old), reason })
    const successor = (this.successor = await this.start())
    if (successor === undefined) return false
    const serves = await successor.serves(old, this.owner.startTimeout, () => this.owner.listens())
    this.successor = undefined
    if (this.closed) return false
    if (!serves) {
      this.notBefore = monotonicNow() + secondThoughts
      this.owner.logger.error(`the successor of worker ${this.id} does not serve, and the old one stays (${reason})`)
      this.retired.add(successor)
      successor.ending = 'start_failed'
      successor.signal('SIGKILL')
      if (this.current === undefined) this.startAgain()
      return false
    }
    this.current = successor
    this.serve(successor)
    this.owner.logger.info(`${nameOf(successor)} follows ${old.pid} (${reason})`, {
      ...aboutOf('workerReplaced', successor),
      predecessorPid: old.pid,
      reason,
    })
    if (!old.over) {
      this.owner.restarted(reason)
      this.dismiss(old, reason)
    }
    return true
  }

  /** Kills a worker that does not answer any more; another one follows. */
  async abort(grace: number): Promise<void> {
    const worker = this.current
    if (worker === undefined || worker.aborting || worker.over) return
    worker.aborting = true
    worker.ending ??= 'timeout'
    await new Promise((resolve) => setTimeout(resolve, grace).unref())
    worker.signal('SIGKILL')
  }

  /** Ends the processes of this slot gracefully, without successors. */
  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.timer)
    const all = this.processes()
    for (const worker of all) if (!this.retired.has(worker)) this.dismiss(worker, 'stop')
    await Promise.all(all.map(({ exited }) => exited))
  }

  /** Kills the processes of this slot. */
  kill(): void {
    this.closed = true
    clearTimeout(this.timer)
    for (const worker of this.processes()) worker.signal('SIGKILL')
  }

  /** Starts a process; returns undefined if the slot is closed. */
  private async start(): Promise<WorkerProcess | undefined> {
    this.coming = true
    await this.owner.prepare()
    this.coming = false
    if (this.closed) return undefined
    const worker = this.owner.fork(this.id)
    void worker.exited.then((exit) => this.ended(worker, exit))
    return worker
  }

  private serve(worker: WorkerProcess): void {
    worker.ready = true
    if (this.lost > 0) {
      const text = `${nameOf(worker)} serves, after ${this.lost} ${this.lost === 1 ? 'end' : 'ends'} that nothing asked for`
      this.owner.logger.info(text, { ...aboutOf('workerRecovered', worker), ends: this.lost })
    }
    this.lost = 0
    this.owner.serving(worker)
  }

  private dismiss(worker: WorkerProcess, reason: RestartReason | 'stop'): void {
    this.retired.add(worker)
    worker.ending ??= reason
    void this.workers.shutdownWorker(worker, this.owner.gracefulTimeout)
  }

  private ended(worker: WorkerProcess, exit: WorkerExit): void {
    const reason = worker.ending ?? this.restartReason(worker, exit)
    this.retired.delete(worker)
    this.owner.ended(worker, exit, reason)
    if (worker !== this.current) return
    this.current = undefined
    if (this.closed) return
    if (worker.ending === undefined || worker.ending === 'timeout') this.lost++
    // A hook ended the worker.
    this.owner.restarted(reason === 'stop' ? 'signal' : reason)
    this.failures = worker.uptime < settled && worker.ending === undefined ? this.failures + 1 : 0
    if (!worker.ready) this.owner.failing(this.failures)
    // If a successor is being started, it takes over.
    if (this.successor === undefined && !this.coming) this.startAgain()
  }

  /** A reload ends a pause, because it is requested after the cause of the last failures was repaired. */
  private async openNow(): Promise<boolean> {
    if (this.timer === undefined) return false
    clearTimeout(this.timer)
    this.timer = undefined
    this.failures = 0
    return this.open()
  }

  private startAgain(): void {
    if (this.closed) return
    const pause = this.failures === 0 ? 0 : Math.min(longestPause, 100 * 2 ** (this.failures - 1))
    if (pause > 0) {
      const { id, failures } = this
      const text = `worker ${id} is started again in ${secondsText(pause / 1000)}`
      this.owner.logger.debug?.(text, { event: 'backOff', worker: id, failures, seconds: pause / 1000 })
    }
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.open()
    }, pause)
  }

  private restartReason(worker: WorkerProcess, { signal }: WorkerExit): RestartReason {
    const kills = outOfMemoryKills()
    const forMemory = kills > this.kills && signal === 'SIGKILL'
    this.kills = kills
    if (forMemory) return 'oom'
    if (!worker.ready) return 'start_failed'
    return signal === null ? 'exit' : 'signal'
  }
}
