import { LeftToApplication } from '../../export/contract.js'
import { type AmountsRead, LocalAmounts, type SentAmounts } from '../../export/sent-amounts.js'
import type { Gathered } from '../../gather/gatherer.js'
import type { Store } from '../../store/contract.js'
import type { GuestSeat } from '../../store/shared/guest-seat.js'
import { processContext } from '../current-context.js'
import { ScopedContext } from '../scoped-context.js'
import { amountsOf, hasSenders, StoredAmounts, writtenBatch } from './stored-amounts.js'

/** What a process that may not write in a directory gets when it tries to. */
const readOnly = new Set(['EACCES', 'EPERM', 'EROFS', 'FOREIGN_OWNER', 'DIRECTORY_UNUSABLE'])

/** The context of metrics in a guest seat. */
class GuestContext extends ScopedContext {
  current: Store | undefined

  override store(): Store {
    return this.current ?? super.store()
  }
}

/**
 * Keeps what a server has received, for a process outside of the application: with the counts, so that this process and
 * those of the application continue from each other, however one of them ends. A process that may not write there knows
 * only what it has sent itself since it began to send.
 */
export class OutsideAmounts implements SentAmounts {
  private readonly context = new GuestContext(processContext())
  private readonly stored: StoredAmounts
  private local: LocalAmounts | undefined
  /** Until the application begins to count: the directory may have files of another client only. */
  private waiting: LocalAmounts | undefined

  /** @param seat where they are kept; undefined if there is no such place */
  constructor(
    private readonly destination: string,
    private readonly seat: GuestSeat | undefined,
  ) {
    this.stored = new StoredAmounts(this.context, destination)
    if (seat === undefined) this.local = new LocalAmounts({ fromNow: true })
  }

  get batch(): number {
    return this.seat?.isWritten === true ? writtenBatch : 1
  }

  get fromNow(): boolean {
    return this.local !== undefined || this.waiting !== undefined
  }

  async read(gathered: Gathered): Promise<AmountsRead> {
    const before = this.waiting
    this.open()
    if (this.waiting !== undefined) return this.waiting.read()
    // The gathering does not have the amounts that were moved to the seat just now.
    if (this.local === undefined) return before?.read() ?? this.stored.read(gathered)
    if (hasSenders(gathered, this.destination)) {
      throw new LeftToApplication(
        'the application itself sends differences to this destination, and what this process sends cannot be kept beside the counts, so it sends none; export in one place only',
      )
    }
    // The difference would begin at an amount that this process cannot raise, so the next sender would send it again.
    if (amountsOf(gathered, this.destination)) {
      const text = `processes of the application send to ${this.destination} as well, and what is sent from here cannot be kept beside the counts; let only one of them export, or let promhive serve write in the directory`
      throw new Error(text)
    }
    return this.local.read()
  }

  add(series: string, amount: number): void {
    this.used.add(series, amount)
  }

  flush(): void | Promise<void> {
    return this.used.flush()
  }

  forget(series: readonly string[]): boolean {
    return this.used.forget(series)
  }

  /** Another process sends: what it sends is not known here. */
  standby(): void {
    this.waiting = undefined
    // In a directory that was removed, no process sends.
    if (this.seat?.isThere) this.seat.own.delete(this.destination)
    if (this.local !== undefined) this.local = new LocalAmounts({ fromNow: true })
  }

  private get used(): SentAmounts {
    return this.local ?? this.waiting ?? this.stored
  }

  /** Opens the seat in the present run. */
  private open(): void {
    if (this.local !== undefined) return
    try {
      const store = this.seat!.open()
      if (store === undefined) this.wait()
      else {
        this.context.current = store
        this.seat!.own.add(this.destination)
        for (const [series, number] of this.waiting?.entries() ?? [])
          this.stored.add(series, this.waiting!.amount(number))
        this.waiting = undefined
      }
    } catch (cause) {
      if (this.context.current !== undefined || !readOnly.has((cause as { code?: string }).code ?? '')) throw cause
      this.local = this.waiting ?? new LocalAmounts({ fromNow: true })
      this.waiting = undefined
    }
  }

  private wait(): void {
    if (this.context.current !== undefined) throw new Error('the files of the application were removed')
    this.waiting ??= new LocalAmounts({ fromNow: true })
  }
}
