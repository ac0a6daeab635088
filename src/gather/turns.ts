import { withTimeout } from '../platform/time-limit.js'

/** When a turn may begin. */
export interface TurnRequest {
  /** Drops the turn if it is aborted before the turn begins. */
  readonly signal?: AbortSignal | undefined
  /** Called when the turn begins. */
  readonly onBegin?: (() => void) | undefined
}

/** A queue for work that must not overlap: each turn begins when the one before it has ended or expired. */
export class Turns {
  private last: Promise<void> = Promise.resolve()

  /**
   * @param longest milliseconds after which a turn expires, so that work that hangs does not block the turns after it
   * @param onExpired called when a turn expires, before the next one begins
   */
  constructor(
    private readonly longest: number,
    private readonly onExpired: () => void = () => {},
  ) {}

  /**
   * Waits until all earlier turns are over. The caller ends the turn.
   *
   * @throws the signal's reason when it was aborted before the turn began
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

/** The time in which its owner works alone. */
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

  /** Whether it took too long: the next turn has begun. */
  get expired(): boolean {
    return this.late
  }

  /** Throws if it has expired: a step that ends late must not touch what belongs to the next turn. */
  check(): void {
    if (this.late) throw new Error('the turn has expired')
  }

  /** Waits for work of this turn. Rejects when the turn expires first; what the work still gives is then ignored. */
  within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.lease.then(() => work)])
  }

  /** Ends the turn; the next one begins. A second call does nothing. */
  end(): void {
    this.finish()
  }
}
