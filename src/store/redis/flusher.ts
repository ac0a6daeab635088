import { inSlices } from '../../platform/slices.js'
import { AcknowledgedRemovals } from './acknowledged-removals.js'
import { ask } from './ask.js'
import type { Change } from './change.js'
import { clocks } from './clocks.js'
import { removalText, restOf } from './entry.js'
import { flush } from './flush-script.js'
import type { Flushed } from './flushed.js'
import type { FlusherOptions, Flushing } from './flusher-options.js'
import { forget } from './forget.js'
import type { Keys } from './keys.js'
import { nextWriter, stemOf } from './next-writer.js'
import { OthersRemovals } from './others-removals.js'
import { Pieces, type PieceTarget } from './pieces.js'
import { retentionOf } from './retention.js'
import { listOf, type Reply, type Script, textOf } from './script.js'
import { setLedgerAside } from './set-aside.js'

export type { Flushed }

/** A change that is being sent. It is repeated unchanged until Redis answers, so this process knows what Redis has. */
interface FlushInProgress {
  readonly version: number
  readonly change: Change
  readonly removals: Flushed['unsent']
  readonly leaves: boolean
  readonly pieces: Pieces
  readonly target: PieceTarget
  readonly keys: readonly string[]
  words(): readonly (string | Uint8Array)[]
}

/** The maximum number of removals in one call, whose arguments are limited. */
const mostRemovals = 5_000
/** How often a flush starts again because Redis had an unexpected version. */
const mostTurns = 4

/**
 * Keeps Redis up to date with a ledger: one script for each flush, whatever the number of series.
 *
 * Every change leads from one version to the next, and Redis applies it only if it is based on its own version. A
 * change whose answer was lost is sent again unchanged, and Redis recognises it. Later counts are part of the next
 * change.
 */
export class Flusher {
  writer: string
  seat = 0
  /** The version that Redis is known to have. */
  version = 0
  private readonly others: OthersRemovals
  private readonly acknowledged = new AcknowledgedRemovals()
  private sending: FlushInProgress | undefined
  private last: Promise<Flushing> | undefined
  private waiting: Promise<Flushing> | undefined
  private leaving = false
  private closed = false
  /** The ID of the state in Redis. It changes when Redis comes back empty. */
  born = ''
  /** Milliseconds of the server's clock at the last answer for this ledger. */
  answeredAt = 0
  /** The clocks of this process when that flush was sent. */
  private heardAt = clocks()
  /** The number of scripts that Redis has answered. */
  progress = 0
  /** Whether another process has written the ledger: its version in Redis is read before anything is sent. */
  private asks = false

  private keys: Keys

  constructor(
    private readonly flushed: Flushed,
    private readonly options: FlusherOptions,
  ) {
    this.writer = options.writer
    this.keys = options.keys
    const { onError } = options
    this.others = new OthersRemovals({ removed: (removals) => flushed.removed(removals), onError })
  }

  /** Switches to a ledger that other processes may have written, in any shard. */
  restart(writer: string, keys: Keys): void {
    this.writer = writer
    this.keys = keys
    this.version = 0
    this.asks = true
    this.others.restart()
    this.answeredAt = 0
    this.sending = undefined
    this.flushed.ledger.begin()
  }

  /** Whether a flush waits for its answer. */
  get isFlushing(): boolean {
    return this.last !== undefined
  }

  /** Sends everything that was counted before the call. Rejects if Redis did not answer, and after `leave`. */
  flush(): Promise<Flushing> {
    if (this.closed) return Promise.reject(new Error('the backend is closed'))
    if (this.last === undefined) return this.begin()
    // The change in progress does not have these counts: all calls until its answer share the next one.
    this.waiting ??= this.last.then(
      () => this.begin(),
      () => this.begin(),
    )
    return this.waiting
  }

  /** The same, and closes the writer: its counts are added to the totals. */
  leave(): Promise<Flushing> {
    this.leaving = true
    return this.flush()
  }

  /** Prevents further flushes; a flush in progress is not sent again. */
  close(): void {
    this.closed = true
  }

  /** Starts at once, so that later requests on the connection find what was flushed. */
  private begin(): Promise<Flushing> {
    this.waiting = undefined
    if (this.closed) return Promise.reject(new Error('the backend is closed'))
    // A flush has just begun, after the waiting counts were counted.
    if (this.last !== undefined) return this.last
    const flushing = this.once().finally(() => {
      if (this.last === flushing) this.last = undefined
    })
    this.last = flushing
    return flushing
  }

  private async once(): Promise<Flushing> {
    for (let turn = 1; ; turn++) {
      if (this.closed) throw new Error('the backend is closed')
      // Awaited only if necessary, so that later requests on the connection find what was flushed.
      if (!this.isReady) await this.makeReady()
      const again = this.sending !== undefined
      const sending = (this.sending ??= this.prepare())
      if (!sending.pieces.complete) {
        await sending.pieces.send(sending.target, this.run, () => this.sending === sending && !this.closed)
        if (this.sending !== sending || this.closed) continue
      }
      const sentAt = clocks()
      const answer = listOf(await this.run(flush, sending.keys, sending.words()))
      const [verdict, number] = [textOf(answer[0]), Number(answer[1])]
      // The ledger was replaced meanwhile: the answer is not for the new one.
      if (this.sending !== sending) continue
      if (verdict === 'pieces') {
        sending.pieces.acknowledged = number
        if (turn < mostTurns) continue
        throw new Error(`Redis has lost pieces of a change, ${mostTurns} times`)
      }
      this.sending = undefined
      if (verdict === 'ok') {
        this.took(sending)
        this.seat = number
        const [born, at] = answer.slice(6).map(textOf) as [string, string]
        const isOther = this.born !== '' && born !== this.born
        const sendsAgain = isOther && this.acknowledged.sendAgain(this.flushed.unsent)
        this.acknowledged.take(sending.removals, Number(at))
        this.born = born
        this.answeredAt = Number(at)
        // A writer that has left may be added to the totals at any time.
        this.heardAt = sending.leaves ? { monotonic: Number.NEGATIVE_INFINITY, wall: 0 } : sentAt
        await this.others.follow(this.writer, Number(textOf(answer[2])), listOf(answer[4]))
        // A repeated change has only the counts from its time; the later ones follow.
        if (!(again || sendsAgain) || turn === mostTurns)
          return { dead: Number(answer[3]), keep: Number(answer[5]) === 1 }
      } else if (verdict === 'folded') {
        if (number >= sending.version) this.took(sending)
        this.beginAgain()
      } else if (verdict === 'doubt') {
        await this.setAside(sending)
      } else {
        this.version = Math.max(number, sending.version)
        this.answeredAt = 0
        this.flushed.ledger.begin()
      }
      if (turn === mostTurns) throw new Error(`Redis has had something else than was sent, ${mostTurns} times`)
    }
  }

  /** A change that is sent again is always ready, whatever the state of the ledger. */
  private get isReady(): boolean {
    if (this.asks) return false
    return this.sending !== undefined || (this.flushed.changing === undefined && !this.flushed.ledger.isLong)
  }

  private async makeReady(): Promise<void> {
    // The ledger may be replaced meanwhile, or changed.
    while (!this.isReady) {
      if (this.asks) await this.askWhatIsThere()
      else if (this.flushed.changing !== undefined) await this.flushed.changing
      else await inSlices(this.flushed.ledger.preparing())
    }
  }

  /** Reads the version in Redis, so that the next change continues from it, whatever clock it is based on. */
  private async askWhatIsThere(): Promise<void> {
    const { deadAfter, expire } = this.options
    const { writer } = this
    const words = [writer, '0', '0', '?', '', String(deadAfter), String(expire), ...Array(12).fill('0')]
    const answer = listOf(await this.run(flush, this.keysOf(writer), words))
    // Repeated if the ledger was replaced meanwhile.
    if (writer !== this.writer) return
    this.asks = false
    // Not below the current time, so that no reader takes a version that a server has lost for a new one.
    this.version = Math.max(Number(answer[1]), clocks().wall)
    this.flushed.ledger.begin(Number(answer[2] ?? 0))
  }

  private keysOf(writer: string): readonly string[] {
    return [...this.keys.shared, this.keys.seats, ...this.keys.of(writer), this.keys.pending(writer)]
  }

  private prepare(): FlushInProgress {
    const { keys, deadAfter, expire, retention = retentionOf(deadAfter) } = this.options
    const { writer } = this
    const { ledger, unsent } = this.flushed
    const change = ledger.change()
    const version = this.version + 1
    const leaves = this.leaving
    const removals = unsent.slice(0, mostRemovals)
    const author = stemOf(writer)
    const removalTexts = removals.map((removal) => removalText({ ...removal, author }))
    const head = [
      writer,
      String(this.version),
      String(version),
      change.whole ? '1' : '0',
      restOf(change, this.flushed.facts()),
      String(deadAfter),
      String(expire),
      leaves ? '1' : '0',
      String(this.seat),
      String(change.before.values),
      String(change.before.names),
      String(this.others.seen),
      this.born,
      String(this.answeredAt),
      String(retention),
    ]
    const pieces = new Pieces(change)
    return {
      ...{ version, change, removals, leaves, pieces },
      target: {
        ...{ ledgersKey: keys.ledgers, foldedKey: keys.folded, pendingKey: keys.pending(writer), ledger: writer },
        heartbeat: [keys.beats, keys.state],
        base: change.whole ? undefined : this.version,
      },
      keys: this.keysOf(writer),
      words: () => [...head, String(this.silence), ...pieces.words(), ...removalTexts],
    }
  }

  /** Each script has its own timeout, so a flush continues as long as Redis acknowledges its pieces. */
  private readonly run = async (
    script: Script,
    keys: readonly string[],
    words: readonly (string | Uint8Array)[],
  ): Promise<Reply> => {
    const reply = await ask(this.options, script, keys, words)
    this.progress++
    return reply
  }

  private took({ version, change, removals, leaves }: FlushInProgress): void {
    if (leaves) this.leaving = false
    this.version = version
    this.flushed.ledger.taken(change)
    forget(this.flushed.unsent, removals)
  }

  /**
   * Called if Redis has come back empty after this writer may have been taken for dead. Writes the acknowledged part as
   * a separate ledger, so the next answer is that it is counted elsewhere.
   */
  private async setAside({ change }: FlushInProgress): Promise<void> {
    const { writer, version, seat, born } = this
    const { ledger } = this.flushed
    const lost = { writer, version, seat, born, ledger, facts: this.flushed.facts(), edition: change.edition }
    await setLedgerAside(this.keys, this.options.expire, lost, this.run)
    if (writer === this.writer) ledger.begin()
  }

  /** An upper limit of the milliseconds since this writer's last sign of life in Redis, by the clock that shows more. */
  private get silence(): number {
    const { monotonic, wall } = clocks()
    return Math.min(Number.MAX_SAFE_INTEGER, Math.max(monotonic - this.heardAt.monotonic, wall - this.heardAt.wall))
  }

  /** Continues under a new name, with the counts that are not counted elsewhere. */
  private beginAgain(): void {
    this.writer = nextWriter(this.writer)
    this.version = 0
    this.answeredAt = 0
    this.flushed.folded(this.writer)
  }
}
