import { processEnvironment } from '../platform/process-environment.js'
import { clearInterval, monotonicNow, setInterval } from '../platform/timers.js'
import type { Logger } from './log.js'
import { aboutOf, nameOf } from './log-texts.js'
import { beatEvery } from './messages.js'
import type { ProcessSample } from './process-sample.js'
import type { Settings } from './settings/settings.js'
import type { WorkerProcess } from './worker-process.js'
import type { WorkerSlot } from './worker-slot.js'

/** Milliseconds between two checks of the workers. */
const lookEvery = 1000
/** Milliseconds for the report of a blocked worker. */
const reportGrace = 2500

/** The minimum of milliseconds between two replacements in one slot because of memory. */
const weighEvery = 10_000

/** The monitored workers, and callbacks. */
export interface MonitoredWorkers {
  slots(): Iterable<WorkerSlot>
  /** Updates the metrics of a slot. */
  sampled(slot: WorkerSlot): ProcessSample | undefined
  aborting(worker: WorkerProcess): void
}

/** Checks every worker each second, by the kernel's numbers and its last sign of life. */
export class WorkerMonitor {
  /** Whether a worker that is blocked for too long is killed. */
  readonly watchesTime: boolean
  private timer: NodeJS.Timeout | undefined
  private lastLook = 0
  /** Workers that did not answer at the last check. */
  private readonly blocked = new WeakSet<WorkerProcess>()
  /** By slot: the time until which its memory is not checked. */
  private readonly rests = new WeakMap<WorkerSlot, number>()

  /** @param debugged whether workers have a debugger: a process that stops at a breakpoint is not blocked */
  constructor(
    private readonly settings: Pick<Settings, 'timeout' | 'startTimeout' | 'maxRss' | 'report'>,
    private readonly logger: Logger,
    debugged: boolean,
    private readonly watched: MonitoredWorkers,
  ) {
    this.watchesTime = settings.timeout > 0 && !debugged
  }

  start(): void {
    this.look()
    this.timer ??= setInterval(() => this.look(), lookEvery)
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private look(): void {
    const now = monotonicNow()
    // A supervisor that was stopped for a while has received no sign of life meanwhile.
    const attentive = now - this.lastLook < 2 * lookEvery
    this.lastLook = now
    const { maxRss } = this.settings
    for (const slot of this.watched.slots()) {
      const { worker } = slot
      const sample = this.watched.sampled(slot)
      if (worker !== undefined && attentive) this.notice(worker)
      if (worker === undefined || worker.over || worker.ending !== undefined) continue
      if (attentive && this.watchesTime && now - worker.heard > this.timeout(worker)) this.abort(slot, worker)
      else if (maxRss > 0 && worker.ready) this.weigh(slot, worker, sample?.residentBytes ?? 0)
    }
  }

  /** Logs when a worker stops answering, and when it answers again. */
  private notice(worker: WorkerProcess): void {
    const blocked = worker.state() === 'blocked'
    if (blocked === this.blocked.has(worker)) return
    if (blocked) {
      this.blocked.add(worker)
      this.logger.warn(`${nameOf(worker)} does not answer`, aboutOf('workerBlocked', worker))
    } else {
      this.blocked.delete(worker)
      if (worker.state() === 'running')
        this.logger.info(`${nameOf(worker)} answers again`, aboutOf('workerAnswers', worker))
    }
  }

  /**
   * Replaces a worker above the memory limit, with a pause: a limit that every worker exceeds would otherwise cause a
   * replacement every second.
   */
  private weigh(slot: WorkerSlot, worker: WorkerProcess, bytes: number): void {
    const { maxRss } = this.settings
    if (bytes <= maxRss || monotonicNow() < (this.rests.get(slot) ?? 0)) return
    this.rests.set(slot, Number.POSITIVE_INFINITY)
    const [has, may] = [bytes, maxRss].map((size) => `${Math.round(size / 1024 / 1024)} MiB`)
    this.logger.warn(`worker ${worker.id} (${worker.pid}) has ${has} of memory, above ${may}: it is replaced`, {
      ...aboutOf('workerTooLarge', worker),
      bytes,
      maxRss,
    })
    void slot.replace('max_rss').then(() => this.rests.set(slot, monotonicNow() + weighEvery))
  }

  /** Returns the milliseconds of silence after which a worker has certainly been blocked for the timeout. */
  private timeout({ ready }: WorkerProcess): number {
    const { timeout, startTimeout } = this.settings
    // An application blocks its event loop while it loads.
    return (ready ? timeout : Math.max(timeout, startTimeout)) * 1000 + beatEvery
  }

  private abort(slot: WorkerSlot, worker: WorkerProcess): void {
    const { report } = this.settings
    const seconds = (this.timeout(worker) - beatEvery) / 1000
    this.logger.error(`worker ${worker.id} (${worker.pid}) has not answered for ${seconds} s: it is ended`, {
      ...aboutOf('workerAborted', worker),
      seconds,
    })
    void slot.abort(report ? reportGrace : 0)
    this.watched.aborting(worker)
  }
}

/** Whether Node is started with a debugger. */
export function debugs(execArgv: readonly string[]): boolean {
  return [...execArgv, processEnvironment().NODE_OPTIONS ?? ''].some((option) =>
    /--inspect(?!-port|-publish)/.test(option),
  )
}
