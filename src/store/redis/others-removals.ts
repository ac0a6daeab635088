import { MetricsError } from '../../model/errors.js'
import { backgroundSlice, Slices } from '../../platform/slices.js'
import { type LedgerRemoval, removalFrom } from './entry.js'
import { stemOf } from './next-writer.js'
import { type Reply, textOf } from './script.js'

/** The number of removals that are carried out at once. */
const sliceOfRemovals = 100
/** The maximum number of removals that fail with one flush. */
const mostFailures = 10
/** The number of flushes after which a failing removal is skipped. */
const mostAttempts = 300

/** A removal, and its position. */
interface PlacedText {
  readonly removal: Reply
  readonly position: number
}

export interface OthersRemovalsOptions {
  /** Called when other processes have removed series. */
  readonly removed: (removals: readonly LedgerRemoval[]) => void
  /** Called when `removed` throws: once, until it succeeds. */
  readonly onError: ((error: MetricsError) => void) | undefined
}

/** Carries out the removals of other processes. */
export class OthersRemovals {
  /**
   * The position up to which they are carried out; 0 before the first answer for a ledger, because only Redis knows it
   * then.
   */
  seen = 0
  /** Positions of removals that are carried out, after one that is not. */
  private readonly ahead = new Set<number>()
  /** The first removal that is not carried out, and the number of flushes that have tried it. */
  private failing: { readonly position: number; attempts: number } | undefined
  /** The number of times that the ledger was replaced. */
  private restarts = 0
  /** Whether the last attempt to carry them out failed. */
  private hasFailed = false

  constructor(private readonly options: OthersRemovalsOptions) {}

  /** Called when the ledger was replaced. */
  restart(): void {
    this.seen = 0
    this.ahead.clear()
    this.restarts++
  }

  /**
   * Carries out removals of other processes, in slices between which counting continues. The next flush reports the
   * position up to which all were carried out. A removal that failed is returned again by Redis, and readers omit its
   * series until then. It does not delay later removals, and is skipped after many attempts.
   *
   * @param end the position after the removals
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
      // The ledger was replaced meanwhile by one that has its own position in Redis.
      if (this.restarts !== restarts) return
    }
    while (this.ahead.delete(this.seen)) this.seen++
    this.hasFailed = failures > 0
  }

  /** Carries out a slice; returns how many removals failed. */
  private carryOut(writer: string, slice: readonly PlacedText[]): number {
    try {
      this.remove(
        writer,
        slice.map(({ removal }) => removal),
      )
      for (const { position } of slice) this.ahead.add(position)
      return 0
    } catch {
      // One by one, without a pause: a removal must not be repeated after the process has counted again.
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
    const writerStem = stemOf(writer)
    const decoded = removals.flatMap((each) => removalFrom(textOf(each)) ?? [])
    const others = decoded.filter(({ author, at }) => at === undefined && stemOf(author) !== writerStem)
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
