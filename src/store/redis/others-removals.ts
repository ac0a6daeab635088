import { MetricsError } from '../../model/errors.js'
import { backgroundSlice, Slices } from '../../platform/slices.js'
import { type LedgerRemoval, removalFrom } from './entry.js'
import { stemOf } from './next-writer.js'
import { type Reply, textOf } from './script.js'

/** So many removals are carried out at once. */
const sliceOfRemovals = 100
/** The maximum number of removals that fail with one flush. */
const mostFailures = 10
/** The number of flushes after which a removal that fails is left out. */
const mostAttempts = 300

/** A removal, and its position. */
interface PlacedText {
  readonly removal: Reply
  readonly position: number
}

export interface OthersRemovalsOptions {
  /** Other processes removed series. */
  readonly removed: (removals: readonly LedgerRemoval[]) => void
  /** Called when that throws: once, until it does not. */
  readonly onError: ((error: MetricsError) => void) | undefined
}

/** Removals of other processes that one process carries out. */
export class OthersRemovals {
  /** The position up to which they are carried out; 0 before the first answer for a ledger: Redis has it. */
  seen = 0
  /** Positions of removals that are carried out, behind one that is not. */
  private readonly ahead = new Set<number>()
  /** The first one that is not, and how many flushes have tried it. */
  private failing: { readonly position: number; attempts: number } | undefined
  /** How often the ledger was replaced. */
  private restarts = 0
  /** Whether they could not be carried out the last time. */
  private hasFailed = false

  constructor(private readonly options: OthersRemovalsOptions) {}

  /** The ledger was replaced. */
  restart(): void {
    this.seen = 0
    this.ahead.clear()
    this.restarts++
  }

  /**
   * Carries out removals of others, in slices: counting continues between them. Redis learns with the next flush how far
   * that came without a gap: what could not be carried out comes again, and readers leave it out until then. It does not
   * hold back later removals, and is left out after many attempts.
   *
   * @param end the position behind the removals
   */
  async follow(writer: string, end: number, removals: readonly Reply[]): Promise<void> {
    const restarts = this.restarts
    const pause = new Slices(backgroundSlice)
    const start = end - removals.length
    this.seen = start
    for (const position of this.ahead) if (position < start) this.ahead.delete(position)
    const placed = removals.map((removal, i) => ({ removal, position: start + i }))
    const waiting = placed.filter(({ position }) => !this.ahead.has(position))
    let failures = 0
    for (let from = 0; from < waiting.length && failures < mostFailures; from += sliceOfRemovals) {
      failures += this.carryOut(writer, waiting.slice(from, from + sliceOfRemovals))
      if (pause.due()) await pause.rest()
      // The ledger was replaced meanwhile, by one that has taken the removals as far as Redis knows.
      if (this.restarts !== restarts) return
    }
    while (this.ahead.delete(this.seen)) this.seen++
    this.hasFailed = failures > 0
  }

  /** Returns how many were not carried out. */
  private carryOut(writer: string, slice: readonly PlacedText[]): number {
    try {
      this.remove(
        writer,
        slice.map(({ removal }) => removal),
      )
      for (const { position } of slice) this.ahead.add(position)
      return 0
    } catch {
      // One by one, at once: what is carried out is not carried out again after more was counted.
      return slice.filter((each) => !this.carryOutOne(writer, each)).length
    }
  }

  private carryOutOne(writer: string, { removal, position }: PlacedText): boolean {
    try {
      this.remove(writer, [removal])
    } catch (cause) {
      if (this.failing?.position !== position && position === this.seen) this.failing = { position, attempts: 0 }
      const isLast = this.failing?.position === position && ++this.failing.attempts >= mostAttempts
      if (!this.hasFailed || isLast) this.options.onError?.(removeFailed(cause, isLast))
      this.hasFailed = true
      if (!isLast) return false
    }
    this.ahead.add(position)
    return true
  }

  private remove(writer: string, removals: readonly Reply[]): void {
    const own = stemOf(writer)
    const found = removals.flatMap((each) => removalFrom(textOf(each)) ?? [])
    const others = found.filter(({ author, at }) => at === undefined && stemOf(author) !== own)
    if (others.length > 0) this.options.removed(others)
  }
}

function removeFailed(cause: unknown, isLast: boolean): MetricsError {
  const next = isLast
    ? `after ${mostAttempts} attempts they stay: remove them again`
    : 'it is tried again with each flush, and scrapes leave them out'
  const text = `series that another process has removed could not be removed here (${cause}): ${next}`
  return new MetricsError('REMOVE_FAILED', text, { cause })
}
