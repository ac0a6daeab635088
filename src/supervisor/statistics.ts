import { type ListenAddress, listenQueues } from './listen-queue.js'
import type { RequestNumbers, WorkerRequests } from './request-numbers.js'
import type { Histories } from './worker-history.js'
import type { WorkerProcess, WorkerState } from './worker-process.js'

/** The sources of the statistics. */
export interface StatisticsSource {
  readonly version: string
  readonly histories: Histories
  /** Undefined if workers do not count their requests. */
  readonly requests: RequestNumbers | undefined
  /** Iterates over the worker numbers, each with its process; undefined while it has none. */
  workers(): Iterable<readonly [number, WorkerProcess | undefined]>
  metricsUrl(): string | undefined
}

/** One worker, with uWSGI's field names where these have the same meaning. A field without a value is omitted. */
export interface WorkerStatistics {
  readonly id: number
  /** 0 while the slot has no process. */
  readonly pid: number
  readonly accepting: 0 | 1
  /** The requests that all workers of this number have answered. */
  readonly requests?: number
  /** The requests that this process has answered, up to its last sign of life. */
  readonly delta_requests?: number
  /** Requests that failed: a status of 500 or above, or no answer. */
  readonly exceptions?: number
  /** How often a worker of this number was killed because it was blocked. */
  readonly harakiri_count: number
  /** `cheap` is uWSGI's word for a slot without a process. */
  readonly status?: 'idle' | 'busy' | 'cheap'
  /** Bytes. */
  readonly rss: number
  readonly vsz?: number
  /** The sum of the durations of answers, in microseconds. */
  readonly running_time?: number
  /** Seconds since 1970. */
  readonly last_spawn: number
  readonly respawn_count: number
  /** The mean duration of answers since the statistics were last read, in microseconds. */
  readonly avg_rt?: number
  readonly cores?: readonly { readonly id: number; readonly requests: number; readonly in_request: 0 | 1 }[]
  /** From here on: fields of promhive. */
  readonly state: WorkerState
  readonly requests_in_flight?: number
  readonly cpu_seconds: number
  readonly uptime_seconds: number
}

export interface SupervisorStatistics {
  readonly version: string
  readonly listen_queue?: number
  readonly load?: number
  readonly pid: number
  readonly uid?: number
  readonly gid?: number
  readonly cwd: string
  readonly sockets: readonly { readonly name: string; readonly proto: string; readonly queue?: number }[]
  readonly workers: readonly WorkerStatistics[]
  readonly metrics_url?: string
  /** The number of workers that ended, by reason. */
  readonly exits: Readonly<Record<string, number>>
}

/** Milliseconds without a sign of life after which a worker counts as busy; there is one sign each second. */
const busyAfter = 2_000

/** The counts of a worker when the statistics were last read. */
interface WorkerCounts {
  readonly answered: number
  readonly seconds: number
  readonly mean: number
}

/** Builds the statistics from the supervisor, the kernel and the shared numbers, without a message to any worker. */
export class Statistics {
  private readonly previous = new Map<number, WorkerCounts>()
  private pending: Promise<SupervisorStatistics> | undefined

  constructor(private readonly source: StatisticsSource) {}

  /** Concurrent requests share one answer. */
  snapshot(): Promise<SupervisorStatistics> {
    this.pending ??= this.read().finally(() => {
      this.pending = undefined
    })
    return this.pending
  }

  private async read(): Promise<SupervisorStatistics> {
    const { source } = this
    const workers = [...source.workers()]
    const addresses = addressesOf(workers.map(([, process]) => process))
    const [requests, queues] = await Promise.all([source.requests?.read(), listenQueues(addresses)])
    const waiting = queues.filter((queue) => queue !== undefined)
    const longest = waiting.length === 0 ? undefined : Math.max(...waiting)
    return defined({
      version: source.version,
      listen_queue: longest,
      load: longest,
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      cwd: process.cwd(),
      sockets: addresses.map(({ host, port }, i) => {
        const name = `${host?.includes(':') ? `[${host}]` : (host ?? '')}:${port}`
        return defined({ name, proto: 'tcp', queue: queues[i] })
      }),
      workers: workers.map(([id, process]) => this.worker(id, process, requests)),
      metrics_url: source.metricsUrl(),
      exits: { ...source.histories.exits },
    })
  }

  private worker(
    id: number,
    process: WorkerProcess | undefined,
    requests: ReadonlyMap<number, WorkerRequests> | undefined,
  ): WorkerStatistics {
    const { started, aborted } = this.source.histories.of(id)
    const state = process?.state() ?? 'down'
    const sample = process?.sample()
    return defined({
      id,
      pid: state === 'down' ? 0 : process!.pid,
      accepting: state === 'running' ? 1 : 0,
      harakiri_count: aborted,
      rss: sample?.residentBytes ?? 0,
      vsz: sample === undefined ? 0 : sample.virtualBytes,
      last_spawn: Math.floor(process?.startedAt ?? 0),
      respawn_count: started,
      ...(requests !== undefined && this.answers(id, process, requests.get(id))),
      ...(state === 'down' && { status: 'cheap' }),
      state,
      cpu_seconds: sample?.cpuSeconds ?? 0,
      uptime_seconds: sample === undefined ? 0 : Math.floor(process!.uptime),
    } as const)
  }

  private answers(id: number, process: WorkerProcess | undefined, requests: WorkerRequests = none) {
    const { answered, seconds, failed, inFlight } = requests
    const busy = inFlight > 0 || (process?.silence ?? 0) > busyAfter
    return {
      requests: answered,
      delta_requests: process?.lastBeat?.answered ?? 0,
      exceptions: failed,
      status: busy ? 'busy' : 'idle',
      running_time: Math.round(seconds * 1e6),
      avg_rt: Math.round(this.mean(id, requests) * 1e6),
      cores: [{ id: 0, requests: answered, in_request: inFlight > 0 ? 1 : 0 }],
      requests_in_flight: inFlight,
    } as const
  }

  /**
   * Returns the mean duration in seconds of the answers since the last reading; if there were none, of all earlier
   * ones.
   */
  private mean(id: number, { answered, seconds }: WorkerRequests): number {
    const before = this.previous.get(id) ?? { answered: 0, seconds: 0, mean: 0 }
    if (answered === before.answered) return before.mean
    // Lower counts than before mean that they were reset.
    const [count, sum] =
      answered > before.answered ? [answered - before.answered, seconds - before.seconds] : [answered, seconds]
    const mean = count === 0 ? 0 : Math.max(0, sum / count)
    this.previous.set(id, { answered, seconds, mean })
    return mean
  }
}

const none: WorkerRequests = { answered: 0, seconds: 0, failed: 0, inFlight: 0 }

/**
 * Returns each TCP address once, in the order in which they were opened. The kernel does not report the queue of a unix
 * socket.
 */
function addressesOf(workers: readonly (WorkerProcess | undefined)[]): readonly ListenAddress[] {
  const addresses = new Map<string, ListenAddress>()
  for (const worker of workers) {
    for (const { host, port } of worker?.tcp() ?? []) addresses.set(`${host} ${port}`, { host, port })
  }
  return [...addresses.values()]
}

/** Returns the fields that have a value. */
function defined<T extends object>(words: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)) as never
}
