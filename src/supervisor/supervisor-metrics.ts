import { Counter } from '../metric/counter.js'
import { Gauge } from '../metric/gauge.js'
import { Info } from '../metric/info.js'
import { StateSet } from '../metric/stateset.js'
import { monotonicNow } from '../platform/timers.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'
import type { ProcessSample } from './process-sample.js'
import type { Settings } from './settings/settings.js'
import {
  type RestartReason,
  restartReasons,
  type WorkerProcess,
  type WorkerState,
  workerStates,
} from './worker-process.js'

/** Signals that the supervisor counts. */
export const signals = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGTTIN', 'SIGTTOU', 'SIGUSR2'] as const

const worker_id = 'worker_id'

/** The metrics of the supervisor about itself and its workers, including idle and blocked ones. */
export class SupervisorMetrics {
  private readonly memory: Gauge<typeof worker_id>
  private readonly cpuPercent: Gauge<typeof worker_id>
  private readonly cpuSeconds: Counter<typeof worker_id>
  private readonly uptime: Gauge<typeof worker_id>
  private readonly states: ShowState
  private readonly restarts: (reason: RestartReason | undefined) => void
  private readonly received: Counter<'signal'>
  private readonly seen = new Map<WorkerProcess, { sample: ProcessSample; at: number }>()

  constructor({ worker, primary, gunicorn }: MetricNaming, settings: Settings) {
    const labelNames = [worker_id] as const
    this.memory = new Gauge({ name: `${worker}memory_bytes`, help: 'Resident memory of a worker.', labelNames })
    this.cpuPercent = new Gauge({
      name: `${worker}cpu_percent`,
      help: 'How busy a worker was in the last second or so, in percent of one processor.',
      labelNames,
    })
    this.cpuSeconds = new Counter({
      name: `${worker}cpu_seconds_total`,
      help: 'User and system CPU time of the workers of a number, one after the other.',
      labelNames,
    })
    this.uptime = new Gauge({ name: `${worker}uptime_seconds`, help: 'Since a worker was started.', labelNames })
    this.received = new Counter({
      name: `${primary}signals_total`,
      help: 'Signals that the supervisor got.',
      labelNames: ['signal'],
    })
    for (const signal of signals) this.received.inc({ signal: labelOf(signal) }, 0)
    this.states = gunicorn ? gunicornStates(worker) : plainStates(worker)
    this.restarts = restartCounters(primary, gunicorn)
    this.restarts(undefined)
    configurationInfo(settings, gunicorn)
  }

  /** Counts a signal that the supervisor received. */
  signal(signal: string): void {
    this.received.inc({ signal: labelOf(signal) })
  }

  restarted(reason: RestartReason): void {
    this.restarts(reason)
  }

  /** Updates the metrics of a worker from the kernel's numbers. */
  update(id: number, state: WorkerState, process: WorkerProcess | undefined): ProcessSample | undefined {
    this.states(id, state, process)
    const sample = process?.sample()
    const labels = { worker_id: String(id) }
    this.memory.set(labels, sample?.residentBytes ?? 0)
    this.uptime.set(labels, sample === undefined ? 0 : process!.uptime)
    this.cpuPercent.set(labels, sample === undefined ? 0 : this.cpu(labels, process!, sample))
    return sample
  }

  /** Called when a worker has ended without a successor. */
  forget(id: number): void {
    const labels = { worker_id: String(id) }
    this.states(id, undefined)
    for (const gauge of [this.memory, this.uptime, this.cpuPercent]) gauge.remove(labels, { scope: 'process' })
  }

  ended(process: WorkerProcess): void {
    this.seen.delete(process)
  }

  private cpu(labels: { worker_id: string }, process: WorkerProcess, sample: ProcessSample): number {
    const now = monotonicNow()
    const before = this.seen.get(process)
    this.seen.set(process, { sample, at: now })
    const used = sample.cpuSeconds - (before?.sample.cpuSeconds ?? 0)
    this.cpuSeconds.inc(labels, Math.max(0, used))
    // For a new worker, since its start.
    const elapsed = before === undefined ? process.uptime : (now - before.at) / 1000
    return elapsed > 0 ? (100 * used) / elapsed : 0
  }
}

function labelOf(signal: string): string {
  return signal.slice(3).toLowerCase()
}

/** Shows the state and the process of a worker number; undefined removes the number. */
type ShowState = (id: number, state: WorkerState | undefined, process?: WorkerProcess) => void

function plainStates(worker: string): ShowState {
  const set = new StateSet({
    name: `${worker}state`,
    help: 'What a worker is doing.',
    states: workerStates,
    labelNames: [worker_id],
  })
  return (id, state) => {
    const labels = { worker_id: String(id) }
    if (state === undefined) set.remove(labels, { scope: 'process' })
    else set.state(labels, state)
  }
}

const gunicornWords: Readonly<Record<WorkerState, string>> = {
  starting: 'starting',
  running: 'running',
  blocked: 'running',
  draining: 'quitting',
  aborting: 'aborting',
  down: 'stopped',
}

type StateLabels = { worker_id: string; state: string; timestamp: string }

/** Shows one series per worker, with the time of entering the state; the previous one is removed. */
function gunicornStates(worker: string): ShowState {
  const gauge = new Gauge({
    name: `${worker}state`,
    help: 'What a worker is doing, and since when.',
    labelNames: [worker_id, 'state', 'timestamp'],
  })
  const seriesByWorker = new Map<number, { labels: StateLabels; process: WorkerProcess | undefined }>()
  return (id, workerState, process) => {
    const before = seriesByWorker.get(id)
    const state = workerState && gunicornWords[workerState]
    // A successor has a new time, even if its predecessor was in the same state.
    if (before !== undefined && before.labels.state === state && before.process === process) return
    // Only this process has it.
    if (before !== undefined) gauge.remove(before.labels, { scope: 'process' })
    seriesByWorker.delete(id)
    if (state === undefined) return
    const labels = { worker_id: String(id), state, timestamp: String(Math.floor(Date.now() / 1000)) }
    seriesByWorker.set(id, { labels, process })
    gauge.set(labels, 1)
  }
}

function restartCounters(primary: string, gunicorn: boolean): (reason: RestartReason | undefined) => void {
  const help = 'Workers that another one followed'
  const byReason = new Counter({
    name: gunicorn ? `${primary}worker_restart_total` : `${primary}worker_restarts_total`,
    help: `${help}, by why.`,
    labelNames: ['reason'],
  })
  const all = gunicorn ? new Counter({ name: `${primary}worker_restarts_total`, help: `${help}.` }) : undefined
  return (reason) => {
    if (reason === undefined) {
      for (const each of restartReasons) byReason.inc({ reason: each }, 0)
      return all?.inc(0)
    }
    byReason.inc({ reason })
    all?.inc()
  }
}

/** Shows the settings, for dashboards. */
function configurationInfo(settings: Settings, gunicorn: boolean): void {
  const { workers, port, host, compat, timeout, maxRequests, maxRss, bind, workerClass } = settings
  const info = new Info({
    name: gunicorn ? 'gunicorn_config_info' : `${settings.metricPrefix}config_info`,
    help: 'The settings of the supervisor, defaults included.',
    labelNames: [
      ...(['workers', 'bind', 'worker_class', 'metrics_port', 'bind_address'] as const),
      ...(['compat', 'timeout', 'max_requests', 'max_rss'] as const),
    ],
  })
  const facts = { workers, bind, worker_class: workerClass, metrics_port: port, bind_address: host, compat }
  info.info({ ...facts, timeout, max_requests: maxRequests, max_rss: maxRss })
}
