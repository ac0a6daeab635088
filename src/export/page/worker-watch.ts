import type { Gathered } from '../../gather/gatherer.js'
import { labelValuesOf } from '../../model/series-key.js'
import { monotonicNow } from '../../platform/timers.js'
import type { PageSource, SampledProcess } from './page-source.js'

type Writer = NonNullable<Gathered['writers']>[number]

/** A process or thread that counts. */
export interface PageWorker {
  /** The name of its application, if the page shows several. */
  readonly application?: string
  /** The number of its seat. */
  readonly seat: number
  /** The value of its label `worker`. */
  readonly worker: string
  readonly state: 'alive' | 'blocked' | 'dead'
  /** Unix seconds at which it started to count. */
  readonly since: number
  /** Its process; omitted if it is not visible from here. */
  readonly process?: SampledProcess
  /** Seconds that its event loop has been active and idle; omitted if it does not measure that. */
  readonly loop?: { readonly active: number; readonly idle: number }
}

/** The family that each process updates every five seconds while its event loop turns. */
const loopTimes = 'nodejs_eventloop_time_seconds_total'

/** Milliseconds without an update after which an event loop is considered blocked: two updates, and some more. */
const blockedAfter = 12_000

/** Where a writer keeps the times of its event loop, and when they last changed. */
interface WatchedLoop {
  readonly log: Writer['log']
  readonly slots: Map<string, number>
  scanned: number
  sum: number
  changedAt: number
}

/**
 * Shows the processes that count, and which of them are blocked: their supervisor says so, or their event loops have not
 * been measured for a while.
 */
export class WorkerWatch {
  private loops = new Map<string, WatchedLoop>()

  /**
   * @param sample returns what the kernel reports about the process of a writer
   * @param supervised returns what a supervisor knows about a process
   */
  constructor(
    private readonly sample: (writer: string) => SampledProcess | undefined = () => undefined,
    private readonly supervised: NonNullable<PageSource['supervised']> = () => undefined,
  ) {}

  /** Returns the workers, by number. */
  look(writers: readonly Writer[], now = monotonicNow()): readonly PageWorker[] {
    const seats = new Map<number, Writer>()
    for (const writer of writers) {
      // The totals of ended processes have no seat; a seat may have two parts.
      if (writer.guest || writer.seat === 0) continue
      if (!(seats.get(writer.seat)?.live && !writer.live)) seats.set(writer.seat, writer)
    }
    // A worker has a further seat from each time that it was replaced while it ran.
    const living = new Set([...seats.values()].filter(({ live }) => live).map(workerIn))
    const before = this.loops
    this.loops = new Map()
    return [...seats.values()]
      .filter((writer) => writer.live || !living.has(workerIn(writer)))
      .sort((a, b) => a.seat - b.seat)
      .map((writer) => this.worker(writer, before.get(writer.writer), now))
  }

  private worker(writer: Writer, before: WatchedLoop | undefined, now: number): PageWorker {
    const { seat, startedAt: since, live, values } = writer
    const worker = workerIn(writer)
    if (!live) return { seat, worker, state: 'dead', since }
    const watched = before?.log === writer.log ? before : newLoop(writer, now)
    this.loops.set(writer.writer, watched)
    findSlots(watched)
    const [active, idle] = ['active', 'idle'].map((state) => values[watched.slots.get(state) ?? -1])
    const process = this.sample(writer.writer)
    const known = process && this.supervised(process.pid)
    const seen = { seat, worker, since, ...(process !== undefined && { process }) }
    if (active === undefined || idle === undefined) return { ...seen, state: known?.blocked ? 'blocked' : 'alive' }
    if (active + idle !== watched.sum) watched.changedAt = now
    watched.sum = active + idle
    const blocked = known?.blocked || now - watched.changedAt > blockedAfter
    return { ...seen, state: blocked ? 'blocked' : 'alive', loop: { active, idle } }
  }
}

function workerIn({ seat, worker = String(seat) }: Writer): string {
  return worker
}

function newLoop({ log }: Writer, now: number): WatchedLoop {
  return { log, slots: new Map(), scanned: 0, sum: -1, changedAt: now }
}

/** Reads the entries of a writer's log that are new. */
function findSlots(watched: WatchedLoop): void {
  const { log, slots } = watched
  for (; watched.scanned < log.length; watched.scanned++) {
    const entry = watched.scanned
    if (log.families[log.familyOf[entry]!]?.name !== loopTimes) continue
    const [state] = labelValuesOf(log.keyOf[entry]!)
    if (typeof state === 'string') slots.set(state, log.slotOf[entry]!)
  }
}
