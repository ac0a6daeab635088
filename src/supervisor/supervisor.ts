import cluster from 'node:cluster'
import { resolve } from 'node:path'
import { MetricsError } from '../model/errors.js'
import { describe } from '../model/metric-name.js'
import { mostWorkers } from './configuration/kinds.js'
import type { SupervisedWorker } from './lifecycle.js'
import { type Assignment, assignmentVariable, type WorkerMessage } from './messages.js'
import { type Crew, Place } from './place.js'
import { Reaper } from './reaper.js'
import { type CoreOptions, SupervisorCore } from './supervisor-core.js'
import { debugs, Watchman } from './watchman.js'
import { fork, type Program, type WorkerExit, WorkerProcess } from './worker-process.js'

/** How many times in a row a worker may end before it serves, when none has served yet. */
const hopeless = 5

export interface SupervisorOptions extends CoreOptions {
  readonly program: Program
  /** For every worker, beside its assignment. */
  readonly environment: Readonly<Record<string, string>>
  /** Takes notice of the end of a process that others left to this one: given to process 1. */
  readonly reap?: ((pid: number) => unknown) | undefined
}

type State = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped'

/**
 * Starts the workers of an application, sees them end, starts others, and keeps one port open for scrapes. What they count
 * is safe without it.
 */
export class Supervisor extends SupervisorCore {
  /** Resolves with the exit code when everything has ended. */
  readonly done: Promise<number>
  private state: State = 'idle'
  private readonly places = new Map<number, Place>()
  /** Places that are given up, and not left by everybody yet. */
  private readonly closing = new Set<Place>()
  private readonly crew: Crew
  private finish!: (code: number) => void
  private firstServed!: () => void
  private readonly serving = new Promise<void>((resolve) => {
    this.firstServed = resolve
  })
  private hurry!: () => void
  private readonly hurried = new Promise<void>((resolve) => {
    this.hurry = resolve
  })
  private readonly watchman: Watchman
  private readonly reaper: Reaper | undefined
  private reloading: Promise<void> = Promise.resolve()
  private opening: Promise<void> | undefined
  private stopped: Promise<void> | undefined
  /** Whether a worker has ever served, and whether one has opened a port. */
  private served = false
  private listened = false
  /** Whether it ended because no worker could be started. */
  gaveUp = false

  constructor(private readonly options: SupervisorOptions) {
    super(options)
    const { settings, logger } = this
    this.done = new Promise((resolve) => {
      this.finish = resolve
    })
    this.watchman = new Watchman(settings, logger, debugs(options.program.execArgv), {
      places: () => this.places.values(),
      sampled: (place) => this.metrics?.update(place.id, place.state(), place.worker),
      aborting: (worker) => void this.tell('workerAborted', { worker }),
    })
    this.reaper = options.reap && new Reaper(options.reap, (text) => logger.warn(text))
    this.crew = {
      logger,
      startTimeout: settings.startTimeout * 1000,
      gracefulTimeout: settings.gracefulTimeout * 1000,
      prepare: () => this.tell('beforeFork'),
      fork: (id) => this.fork(id),
      listens: () => this.listened,
      serving: (worker) => {
        this.served = true
        this.firstServed()
        worker.refresh()
        void this.tell('workerReady', { worker })
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

  /** The workers by number; while one is being replaced, the one that serves. */
  workers(): readonly SupervisedWorker[] {
    return [...this.places.values()].flatMap(({ worker }) => (worker === undefined ? [] : [worker]))
  }

  /** Opens the metrics port, starts the workers, and waits until they serve, or have been given up. */
  async start(): Promise<void> {
    if (this.state !== 'idle') return
    this.state = 'starting'
    const open = this.open()
    this.opening = Promise.race([open, this.hurried])
    // The first to wait: everybody else finds the places.
    await this.opening
    // Told to end before there was a worker.
    if (this.stopped !== undefined) {
      void open.then(() => this.closeMetricsPort())
      return this.stopped
    }
    for (let id = 1; id <= this.settings.workers; id++) this.places.set(id, new Place(id, this.crew))
    this.watchman.start()
    this.reaper?.start()
    await Promise.all([...this.places.values()].map((place) => place.open()))
    await Promise.race([this.serving, this.done])
    if (this.state !== 'starting') return
    this.state = 'running'
    await this.tellReady()
  }

  /** Replaces every worker, one after the other: with new code, and without losing a request. Ends at the first that fails. */
  reload(): Promise<void> {
    this.reloading = this.reloading.then(async () => {
      if (this.state !== 'running' && this.state !== 'starting') return
      await this.tell('reload')
      let reloaded = 0
      for (const place of [...this.places.values()]) {
        if (this.stopped !== undefined) return
        if (await place.replace('reload')) reloaded++
        else if (place.worker?.state() === 'running') {
          this.logger.error('the reload has ended here; the other workers stay as they are')
          return
        }
      }
      const all = reloaded === this.places.size
      this.logger.info(`reloaded ${all ? workersOf(reloaded) : `${reloaded} of ${workersOf(this.places.size)}`}`)
    })
    return this.reloading
  }

  /**
   * Has so many workers from now on; one at least, and as many as there may be at most.
   *
   * @throws MetricsError `OPTION_INVALID` for what is no number of workers
   */
  async scale(workers: number): Promise<void> {
    if (!Number.isInteger(workers)) {
      throw new MetricsError('OPTION_INVALID', `scale: a whole number of workers, got ${describe(workers)}`)
    }
    if (this.places.size === 0) await this.opening
    const to = Math.min(Math.max(1, workers), mostWorkers)
    const from = this.places.size
    if (this.state === 'stopping' || this.state === 'stopped') return
    if (to !== workers) this.logger.info(`${workersOf(to)} ${to === 1 ? 'is the least' : 'are the most'}`)
    if (to === from) return
    this.logger.info(`${workersOf(to)} from now on, ${from} before`)
    const told = this.tell('workersChanged', { change: { from, to } })
    const leaving: Promise<void>[] = []
    for (let id = from; id > to; id--) {
      const place = this.places.get(id)!
      this.places.delete(id)
      this.closing.add(place)
      leaving.push(
        place.close().then(() => {
          this.closing.delete(place)
          if (!this.places.has(id)) this.metrics?.forget(id)
        }),
      )
    }
    const coming: Promise<boolean>[] = []
    for (let id = from + 1; id <= to; id++) {
      const place = new Place(id, this.crew)
      this.places.set(id, place)
      coming.push(place.open())
    }
    await Promise.all([told, ...leaving, ...coming])
  }

  protected readonly countsRequests = true

  protected numbered(): Iterable<readonly [number, WorkerProcess | undefined]> {
    return [...this.places.values()].map(({ id, worker }) => [id, worker])
  }

  /** How many workers there are to be. */
  get size(): number {
    return this.places.size || this.settings.workers
  }

  /** Counts a signal that the supervisor got. */
  count(signal: string): void {
    this.metrics?.signal(signal)
  }

  /** Says something to who reads the log. */
  explain(text: string): void {
    this.logger.info(text)
  }

  /** Has every worker finish what it does, and closes the metrics port behind the last. Twice is once. */
  stop(code = 0): Promise<void> {
    this.stopped ??= this.shutDown(code)
    return this.stopped
  }

  /** Ends every worker at once. */
  async kill(code = 1): Promise<void> {
    this.hurry()
    for (const place of [...this.places.values(), ...this.closing]) place.kill()
    await this.stop(code)
  }

  private async shutDown(code: number): Promise<void> {
    this.state = 'stopping'
    // What is being opened can be closed when it is open.
    await this.opening
    await this.tell('stopping')
    await Promise.all([...this.places.values(), ...this.closing].map((place) => place.close()))
    this.watchman.stop()
    this.reaper?.stop()
    this.state = 'stopped'
    await this.toldAll()
    await this.close()
    this.finish(code)
  }

  private async giveUp(): Promise<void> {
    if (this.state === 'stopping' || this.state === 'stopped') return
    this.gaveUp = true
    this.logger.error(`no worker has ever served, after ${hopeless} attempts; giving up`)
    await this.kill(3)
  }

  private fork(id: number): WorkerProcess {
    const { program, environment } = this.options
    const assignment = JSON.stringify(this.assignment(id))
    const assigned = { ...environment, PROMHIVE_WORKER_ID: String(id), [assignmentVariable]: assignment }
    const process = new WorkerProcess(id, fork(program, assigned), (message) => this.hear(process, message))
    process.refresh = () => this.metrics?.update(id, process.state(), process)
    process.worker.once('listening', () => {
      this.listened = true
    })
    void this.tell('workerStarted', { worker: process })
    return process
  }

  private assignment(id: number): Assignment {
    const { maxRequests, maxRequestsJitter, timeout, gracefulTimeout, register } = this.settings
    const { report, reportDir, reportEnvironment } = this.settings
    const jitter = Math.floor(Math.random() * (maxRequestsJitter + 1))
    return {
      supervisor: process.pid,
      worker: id,
      maxRequests: maxRequests === 0 ? 0 : maxRequests + jitter,
      timeout: this.watchman.watchesTime ? timeout : 0,
      report,
      grace: gracefulTimeout * 1000,
      countsRequests: !(register && this.naming.gunicorn),
      // The application may go to another working directory.
      reportDir: reportDir === '' ? '' : resolve(reportDir),
      reportEnvironment,
      naming: this.naming,
    }
  }

  private hear(worker: WorkerProcess, message: WorkerMessage): void {
    // One that leaves already has a successor.
    if (message.promhive === 'beat' || worker.ending !== undefined) return
    const place = this.places.get(worker.id)
    if (message.promhive === 'retire') return void place?.replace(message.reason)
    void this.tell('workerInterrupted', { worker })
    // A signal to all processes at once, from a terminal or from systemd, reaches the supervisor as well.
    setTimeout(() => {
      if (this.state === 'running') void place?.replace('signal')
    }, 100)
  }

  private ended(worker: WorkerProcess, exit: WorkerExit, reason: string): void {
    this.metrics?.ended(worker)
    const asked = worker.ending !== undefined && worker.ending !== 'timeout'
    const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`
    if (!asked && this.state !== 'stopping') {
      this.logger.warn(`worker ${worker.id} (${worker.pid}) ended ${how}: ${reason}`)
    }
    void this.tell('workerExited', { worker, exit: { ...exit, reason } })
  }
}

function workersOf(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`
}

/** Whether this process can have workers. */
export function isPrimary(): boolean {
  return cluster.isPrimary
}
