import type { OwnerFacts } from './head.js'

/** The seats of worker 3 are 3, 10003, 20003, …: those of one worker are this far apart. */
const round = 10_000
/** Beside a primary, the numbers below belong to its workers. */
const firstBeside = 2001
/** From here on, the numbers of a round belong to guests. */
const firstGuest = 9001

/**
 * What a process is to its application, which decides which seats it takes: `primary`; the number of a worker, from its
 * supervisor or process manager; `worker` for one that has no number; `beside` for other processes and threads of an
 * application whose workers have numbers; `guest` for a process outside of the application; `process` otherwise.
 */
export type SeatRole = number | 'primary' | 'worker' | 'beside' | 'guest' | 'process'

/** Returns the value of the label `worker` for a seat. */
export function workerOf(seat: number): string {
  const number = seat % round
  return number === 0 && seat > 0 ? 'primary' : String(number)
}

/** Whether a seat is that of a process outside of the application, which counts nothing that a scrape shows. */
export function isGuest(seat: number): boolean {
  return seat >= firstGuest && seat < round
}

/** Returns the name of a writer, which no other one ever has. */
export function writerName(seat: number, { pid, threadId, startTicks }: OwnerFacts): string {
  return `${seat}-${pid}-${threadId}-${startTicks}`
}

/** The seats that a process may take, by its role. */
export class SeatNumbers {
  private constructor(
    private readonly first: number,
    private readonly step: 1 | typeof round,
    private readonly end: number = Number.POSITIVE_INFINITY,
  ) {}

  /** @param present the seats of the directory */
  static of(role: SeatRole, present: readonly number[]): SeatNumbers {
    if (typeof role === 'number') return new SeatNumbers(role, round)
    if (role === 'primary') return new SeatNumbers(round, round)
    if (role === 'guest') return new SeatNumbers(firstGuest, 1, round)
    // A primary, or a worker with a number that ran beside its predecessor.
    const isNumbered = present.some((seat) => seat >= round)
    if (role === 'beside' || (role === 'process' && isNumbered)) return new SeatNumbers(firstBeside, 1, firstGuest)
    return new SeatNumbers(1, 1, isNumbered ? firstBeside : firstGuest)
  }

  /** Whether the process may take over this seat. */
  has(seat: number): boolean {
    return seat >= this.first && seat < this.end && (seat - this.first) % this.step === 0
  }

  /** Returns the numbers for a new seat, in the order of preference. */
  *all(): Generator<number> {
    for (let seat = this.first; ; seat += this.step) yield seat
  }
}

/**
 * The order of seats in a reading: those of one worker follow each other, its present owner last, so that its gauges
 * are shown where a series has one value for each worker.
 */
export function inWorkerOrder(a: OrderedSeat, b: OrderedSeat): number {
  return (
    (a.seat % round) - (b.seat % round) ||
    Number(a.live) - Number(b.live) ||
    a.startedAt - b.startedAt ||
    a.seat - b.seat
  )
}

interface OrderedSeat {
  readonly seat: number
  readonly live: boolean
  readonly startedAt: number
}
