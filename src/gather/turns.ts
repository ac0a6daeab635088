import { withTimeout } from '../platform/time-limit.js'

/** Options of a turn. */
export interface TurnRequest {
  /** Drops the turn if it is aborted before the turn begins. */
  readonly signal?: AbortSignal | undefined
  /** Called when the turn begins. */
  readonly onBegin?: (() => void) | undefined
}

/** A queue for work that must not overlap: each turn begins when the previous one has ended or expired. */
export class Turns {
  private last: Promise<void> = Promise.resolve()

  /**
   * @param longest milliseconds after which a turn expires, so that work that hangs does not block later turns
   * @param onExpired called when a turn expires, before the next one begins
   */
  constructor(
    private readonly longest: number,
    private readonly onExpired: () => void = () => {},
  ) {}

  /**
   * Waits until all earlier turns are over. The caller ends the turn.
   *
   * @throws the reason of the signal if it was aborted before the turn began
   */
  async take({ signal, onBegin }: TurnRequest = {}): Promise<Turn> {
    const before = this.last
    let end = (): void => {}
    this.last = new Promise((resolve) => {
      end = resolve
    })
    await before
    if (signal?.aborted) {
      end()
      throw signal.reason
    }
    onBegin?.()
    return new Turn(end, this.last, this.longest, this.onExpired)
  }
}

/** A turn, in which its owner works alone. */
export class Turn {
  private readonly lease: Promise<void>
  private late = false

  constructor(
    private readonly finish: () => void,
    over: Promise<void>,
    longest: number,
    onExpired: () => void,
  ) {
    this.lease = withTimeout(over, longest)
    this.lease.catch(() => {
      this.late = true
      onExpired()
      finish()
    })
  }

  /** Whether the turn has expired, and the next one has begun. */
  get expired(): boolean {
    return this.late
  }

  /** Throws if the turn has expired, because a late step must not change what belongs to the next turn. */
  check(): void {
    if (this.late) throw new Error('the turn has expired')
  }

  /** Waits for work of this turn. Rejects if the turn expires first; a later result is ignored. */
  within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.lease.then(() => work)])
  }

  /** Ends the turn; the next one begins. A second call does nothing. */
  end(): void {
    this.finish()
  }
}
