import { MetricsError } from '../model/errors.js'
import type { LogFields } from '../model/logger.js'
import { describe } from '../model/metric-name.js'
import { holdAwaited } from '../platform/held.js'
import { setTimeout } from '../platform/timers.js'
import { assignmentOf } from './assignment.js'
import type { SupervisedWorker } from './lifecycle.js'
import { aboutOf, logEnd, nameOf, secondsText, workersOf } from './log-texts.js'
import type { WorkerMessage } from './messages.js'
import { Reaper } from './reaper.js'
import { rollingReload } from './rolling-reload.js'
import { mostWorkers } from './settings/kinds.js'
import { StopLog } from './stop-log.js'
import { SupervisorCore } from './supervisor-core.js'
import type { SupervisorOptions } from './supervisor-options.js'
import { debugs, WorkerMonitor } from './worker-monitor.js'
import { fork, type RestartReason, type WorkerExit, WorkerProcess } from './worker-process.js'
import { WorkerSlot, type WorkerSlotOwner } from './worker-slot.js'

/** The number of failed starts in a row after which the supervisor gives up, if no worker has served yet. */
const hopeless = 5

type State = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped'

/**
 * Starts the workers of an application, replaces those that end, and answers scrapes on one port. The counts of the
 * workers do not depend on it.
 */
export class Supervisor extends SupervisorCore {
  /** Resolves to the exit code when everything has ended. */
  readonly done: Promise<number>
  private state: State = 'idle'
  private readonly slots = new Map<number, WorkerSlot>()
  /** Closed slots that still have processes. */
  private readonly closing = new Set<WorkerSlot>()
  private readonly owner: WorkerSlotOwner
  private finish!: (code: number) => void
  private firstServed!: () => void
  private readonly serving = new Promise<void>((resolve) => {
    this.firstServed = resolve
  })
  private hurry!: () => void
  private readonly hurried = new Promise<void>((resolve) => {
    this.hurry = resolve
  })
  private readonly workerMonitor: WorkerMonitor
  private readonly reaper: Reaper | undefined
  private readonly stopLog: StopLog
  private reloading: Promise<void> = Promise.resolve()
  private opening: Promise<void> | undefined
  private stopped: Promise<void> | undefined
  /** Whether a worker has ever served, and whether one has opened a port. */
  private served = false
  private listened = false
  /** Whether the grace period is over. */
  private hurrying = false
  /** Whether no worker could be started, and why the start was refused, if it was. */
  gaveUp = false
  refusal: string | undefined

  /** @internal */
  constructor(private readonly options: SupervisorOptions) {
    super(options)
    const { settings, logger } = this
    this.done = new Promise((resolve) => {
      this.finish = resolve
    })
    this.workerMonitor = new WorkerMonitor(settings, logger, debugs(options.program.execArgv), {
      // Including closed slots whose workers have not ended.
      slots: () => [...this.slots.values(), ...[...this.closing].filter(({ id }) => !this.slots.has(id))],
      sampled: (slot) => this.metrics?.update(slot.id, slot.state(), slot.worker),
      aborting: (worker) => void this.emit('workerAborted', { worker }),
    })
    this.stopLog = new StopLog(logger)
    this.reaper = options.reap && new Reaper(options.reap, (text) => logger.warn(text))
    this.owner = {
      logger,
      startTimeout: settings.startTimeout * 1000,
      gracefulTimeout: settings.gracefulTimeout * 1000,
      prepare: () => this.emit('beforeFork'),
      fork: (id) => this.fork(id),
      listens: () => this.listened,
      serving: (worker) => {
        this.served = true
        this.firstServed()
        worker.refresh()
        logger.debug(`${nameOf(worker)} is ready after ${secondsText(worker.uptime)}`, aboutOf('workerReady', worker))
        void this.emit('workerReady', { worker })
      },
      ended: (worker, exit, reason) => this.ended(worker, exit, reason),
      restarted: (reason) => this.metrics?.restarted(reason),
      failing: (failures) => {
        if (!this.served && failures >= hopeless) void this.giveUp()
      },
    }
  }

  get running(): boolean {
    return this.state === 'running'
  }

  /** Returns the workers by number; while one is being replaced, the one that serves. */
  workers(): readonly SupervisedWorker[] {
    return [...this.slots.values()].flatMap(({ worker }) => (worker === undefined ? [] : [worker]))
  }

  static {
    holdAwaited(Supervisor.prototype, 'start', 'reload', 'scale', 'stop', 'kill')
  }

  /** Opens the metrics port, starts the workers, and waits until they serve or have failed. */
  async start(): Promise<void> {
    if (this.state !== 'idle') return
    this.state = 'starting'
    const { workers } = this.settings
    this.logger.debug(`starting ${workersOf(workers)} as process ${process.pid}`, { event: 'starting', workers })
    const open = this.open()
    this.opening = Promise.race([open, this.hurried])
    // Slots are created only after that.
    await this.opening
    // Stopped before there was a worker.
    if (this.stopped !== undefined) {
      void open.then(() => this.closeMetricsPort())
      return this.stopped
    }
    for (let id = 1; id <= workers; id++) this.slots.set(id, new WorkerSlot(id, this.owner))
    this.workerMonitor.start()
    this.reaper?.start()
    await Promise.all([...this.slots.values()].map((slot) => slot.open()))
    await Promise.race([this.serving, this.done])
    if (this.state !== 'starting') return
    this.state = 'running'
    await this.emitReady()
  }

  /** Replaces every worker with new code, one after the other, without losing a request. Ends at the first failure. */
  reload(): Promise<void> {
    this.reloading = this.reloading.then(async () => {
      if (this.state !== 'running' && this.state !== 'starting') return
      const stopping = (): boolean => this.stopped !== undefined
      await rollingReload(this.slots, this.logger, () => this.emit('reload'), stopping)
    })
    return this.reloading
  }

  /**
   * Changes the number of workers, within the limits.
   *
   * @throws MetricsError `OPTION_INVALID` if it is not a number of workers
   */
  async scale(workers: number): Promise<void> {
    if (!Number.isInteger(workers)) {
      throw new MetricsError('OPTION_INVALID', `scale: a whole number of workers, got ${describe(workers)}`)
    }
    if (this.slots.size === 0) await this.opening
    const to = Math.min(Math.max(1, workers), mostWorkers)
    const from = this.slots.size
    if (this.state === 'stopping' || this.state === 'stopped') return
    if (to !== workers) this.logger.info(`${workersOf(to)} ${to === 1 ? 'is the least' : 'are the most'}`)
    if (to === from) return
    this.logger.info(`${workersOf(to)} from now on, ${from} before`, { event: 'workersChanged', from, to })
    const emitted = this.emit('workersChanged', { change: { from, to } })
    const leaving: Promise<void>[] = []
    for (let id = from; id > to; id--) {
      const slot = this.slots.get(id)!
      this.slots.delete(id)
      this.closing.add(slot)
      const left = (): void => {
        this.closing.delete(slot)
        if (!this.slots.has(id)) this.metrics?.forget(id)
      }
      leaving.push(slot.close().then(left))
    }
    const coming: Promise<boolean>[] = []
    for (let id = from + 1; id <= to; id++) {
      const slot = new WorkerSlot(id, this.owner)
      this.slots.set(id, slot)
      coming.push(slot.open())
    }
    await Promise.all([emitted, ...leaving, ...coming])
  }

  protected readonly countsRequests = true
  /** @internal */
  protected numbered(): Iterable<readonly [number, WorkerProcess | undefined]> {
    return [...this.slots.values()].map(({ id, worker }) => [id, worker])
  }

  /** The configured number of workers. */
  get size(): number {
    return this.slots.size || this.settings.workers
  }

  /** Counts a signal that the supervisor received. */
  count(signal: string): void {
    this.metrics?.signal(signal)
  }

  /** Writes a line to the log. */
  explain(text: string, fields?: LogFields): void {
    this.logger.info(text, fields)
  }

  /**
   * Asks every worker to finish its requests and to end, then closes the metrics port. A second call does nothing.
   *
   * @param why for the log, such as the signal
   */
  stop(code = 0, why?: string): Promise<void> {
    this.stopped ??= this.shutDown(code, why)
    return this.stopped
  }

  /** Ends every worker at once. */
  async kill(code = 1, why?: string): Promise<void> {
    this.stopLog.hurry(why)
    this.hurry()
    this.hurrying = true
    for (const slot of [...this.slots.values(), ...this.closing]) slot.kill()
    await this.stop(code, why)
  }

  private async shutDown(code: number, why: string | undefined): Promise<void> {
    this.state = 'stopping'
    this.stopLog.begin([...this.slots.values()].flatMap((slot) => slot.processes()).length, why)
    // Opening must be complete before closing.
    await this.opening
    await this.emit('stopping')
    await Promise.all([...this.slots.values(), ...this.closing].map((slot) => slot.close()))
    this.workerMonitor.stop()
    this.reaper?.stop()
    this.state = 'stopped'
    await this.emitted()
    // The number is unknown after the grace period, and only an application that opened a port has answered requests.
    const known = !this.hurrying && this.listened && Number.isInteger(this.answered)
    await this.close()
    this.stopLog.finish(known ? this.answered : undefined, code)
    this.finish(code)
  }

  private async giveUp(
    why = `no worker has ever served, after ${hopeless} attempts; giving up`,
    code = 3,
  ): Promise<void> {
    if (this.state === 'stopping' || this.state === 'stopped') return
    this.gaveUp = true
    this.logger.error(why)
    await this.kill(code, 'gave up')
  }

  /** Called if a worker counts in a backend that the metrics port does not show. A serving application continues. */
  private refuse(text: string): void {
    this.refusal = text
    if (this.state === 'running') this.logger.error(text)
    else void this.giveUp(text, 1)
  }

  private fork(id: number): WorkerProcess {
    const { program, environment, scratch } = this.options
    const backend = this.options.backend?.()
    const assignment = assignmentOf(id, this.settings, this.naming, this.workerMonitor.watchesTime, backend)
    const { worker, openRequests } = fork(program, environment, assignment, scratch)
    const process = new WorkerProcess(id, worker, (message) => this.hear(process, message), openRequests)
    process.refresh = () => {
      // During a replacement, the number shows the other process.
      if ((this.slots.get(id)?.worker ?? process) === process) this.metrics?.update(id, process.state(), process)
    }
    process.worker.once('listening', () => {
      this.listened = true
    })
    this.logger.debug(`${nameOf(process)} was started`, aboutOf('workerStarted', process))
    void this.emit('workerStarted', { worker: process })
    return process
  }

  private hear(worker: WorkerProcess, message: WorkerMessage): void {
    // A worker that leaves already has a successor.
    if (message.promhive === 'beat' || worker.ending !== undefined) return
    const slot = this.slots.get(worker.id)
    if (message.promhive === 'retire') return void slot?.replace(message.reason)
    if (message.promhive === 'apart') return void this.refuse(message.text)
    this.logger.info(`${nameOf(worker)} got ${message.signal}: it is being replaced`, {
      ...aboutOf('workerInterrupted', worker),
      signal: message.signal,
    })
    void this.emit('workerInterrupted', { worker })
    // A signal to all processes at once, from a terminal or from systemd, reaches the supervisor as well.
    setTimeout(() => {
      if (this.state === 'running') void slot?.replace('signal')
    }, 100)
  }

  private ended(worker: WorkerProcess, exit: WorkerExit, reason: RestartReason | 'stop'): void {
    this.countEnd(worker, exit, reason)
    const expected = this.stopLog.note(exit) || (worker.ending !== undefined && worker.ending !== 'timeout')
    logEnd(this.logger, expected, worker, exit, reason)
    void this.emit('workerExited', { worker, exit: { ...exit, reason } })
  }
}
