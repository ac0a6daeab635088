import { MetricsError } from '../../model/errors.js'
import { backgroundSlice, Slices } from '../../platform/slices.js'
import { type Removal, removalFrom } from './entry.js'
import { stemOf } from './next-writer.js'
import { type Reply, textOf } from './script.js'

/** So many removals are carried out at once. */
const sliceOfRemovals = 100

export interface OthersRemovalsOptions {
  /** Other processes removed series. */
  readonly removed: (removals: readonly Removal[]) => void
  /** Called when that throws: once, until it does not. */
  readonly onError: ((error: MetricsError) => void) | undefined
}

/** Removals of other processes that one process carries out. */
export class OthersRemovals {
  /** The position up to which they are carried out; 0 before the first answer for a ledger: Redis has it. */
  seen = 0
  /** How often the ledger was replaced. */
  private restarts = 0
  /** Whether they could not be carried out the last time. */
  private hasFailed = false

  constructor(private readonly options: OthersRemovalsOptions) {}

  /** The ledger was replaced. */
  restart(): void {
    this.seen = 0
    this.restarts++
  }

  /**
   * Carries out removals of others, in slices: counting continues between them. Redis learns with the next flush how far
   * that came: what could not be carried out comes again, and readers leave it out until then.
   *
   * @param end the position behind the removals
   */
  async follow(writer: string, end: number, removals: readonly Reply[]): Promise<void> {
    const restarts = this.restarts
    const pause = new Slices(backgroundSlice)
    this.seen = end - removals.length
    for (let from = 0; from < removals.length; from += sliceOfRemovals) {
      if (!this.carryOut(writer, removals.slice(from, from + sliceOfRemovals))) return
      if (pause.due()) await pause.rest()
      // The ledger was replaced meanwhile, by one that has taken the removals as far as Redis knows.
      if (this.restarts !== restarts) return
    }
    this.hasFailed = false
  }

  /** Gives whether all were carried out; `seen` is behind those that were. */
  private carryOut(writer: string, slice: readonly Reply[]): boolean {
    try {
      this.remove(writer, slice)
      this.seen += slice.length
      return true
    } catch {
      // One by one, at once: what is carried out is not carried out again after more was counted.
      try {
        for (const each of slice) {
          this.remove(writer, [each])
          this.seen++
        }
        return true
      } catch (cause) {
        if (!this.hasFailed) this.options.onError?.(removeFailed(cause))
        this.hasFailed = true
        return false
      }
    }
  }

  private remove(writer: string, removals: readonly Reply[]): void {
    const own = stemOf(writer)
    const found = removals.flatMap((each) => removalFrom(textOf(each)) ?? [])
    const others = found.filter(({ author }) => stemOf(author) !== own)
    if (others.length > 0) this.options.removed(others)
  }
}

function removeFailed(cause: unknown): MetricsError {
  const text = `series that another process has removed could not be removed here (${cause}): it is tried again with each flush, and scrapes leave them out`
  return new MetricsError('REMOVE_FAILED', text, { cause })
}
