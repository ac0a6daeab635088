import type { MetricsError } from '../../model/errors.js'
import { inSlices } from '../../platform/slices.js'
import { withTimeout } from '../../platform/time-limit.js'
import type { Change } from './change.js'
import { removalText, restOf } from './entry.js'
import { flush } from './flush-script.js'
import type { Flushed } from './flushed.js'
import type { Keys } from './keys.js'
import { nextWriter, stemOf } from './next-writer.js'
import { OthersRemovals } from './others-removals.js'
import { Pieces, type PieceTarget } from './pieces.js'
import { type Connection, listOf, type Reply, type Script, textOf } from './script.js'

export type { Flushed }

export interface FlusherOptions {
  readonly keys: Keys
  readonly connection: Connection
  /** Milliseconds. */
  readonly deadAfter: number
  /** Milliseconds. */
  readonly expire: number
  /** Milliseconds until a question is asked again. */
  readonly patience: number
  readonly writer: string
  /** Milliseconds that Redis knows, at least, which writers were added to the totals; as the script has it by default. */
  readonly retention?: number
  /** Called when removals of others could not be carried out: once, until they are. */
  readonly onError?: ((error: MetricsError) => void) | undefined
}

/** Milliseconds. */
const leastRetention = 3_600_000

/** What Redis answers to a flush. */
export interface Flushing {
  /** How many dead writers this one is to fold: 0 while another process does. */
  readonly dead: number
  /** Whether this process is to keep the keys of the service from expiring: one is, now and then. */
  readonly keep: boolean
}

/** A change on its way. It is sent as it is until an answer comes: so it is known what Redis has. */
interface Sending {
  readonly version: number
  readonly change: Change
  readonly removals: Flushed['untold']
  readonly leaves: boolean
  readonly pieces: Pieces
  readonly target: PieceTarget
  readonly keys: readonly string[]
  words(): readonly (string | Uint8Array)[]
}

/** So many removals at a time: a call takes only so many words. */
const mostRemovals = 5_000
/** How often a flush begins again because Redis had something else, before it is left to the next one. */
const mostTurns = 4

/**
 * Keeps Redis up to date with a ledger: one script for each flush, whatever the number of series.
 *
 * Every change leads from one version to the next, and Redis takes it only if it is based on the version that it has. A
 * change whose answer was lost is sent again unchanged, and Redis knows it by its version. What is counted meanwhile
 * stays in the ledger, and is part of the next change.
 */
export class Flusher {
  writer: string
  seat = 0
  /** What Redis is known to have. */
  version = 0
  private readonly others: OthersRemovals
  private sending: Sending | undefined
  private last: Promise<Flushing> | undefined
  private waiting: Promise<Flushing> | undefined
  private leaving = false
  private closed = false
  /** The ID of the state in Redis. It changes when Redis comes back empty. */
  born = ''
  /** Milliseconds of the server's clock at the last answer for this ledger. */
  answeredAt = 0
  /** How many scripts Redis has answered. */
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

  /** Writes a ledger from now on that others may have written before, in whichever shard it is. */
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

  /** Sends all that was counted before the call. Rejects when Redis did not answer, and after `leave`. */
  flush(): Promise<Flushing> {
    if (this.closed) return Promise.reject(new Error('the backend is closed'))
    if (this.last === undefined) return this.begin()
    // The change in progress was put together before: all calls meanwhile share the next one.
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

  /** No flush begins from now on, and one that is on its way is not sent again. */
  close(): void {
    this.closed = true
  }

  /** At once, so that what is asked behind it finds what was flushed. */
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
      // Not awaited where there is nothing to wait for: what is asked behind a flush finds what was flushed.
      if (!this.isReady) await this.makeReady()
      const again = this.sending !== undefined
      const sending = (this.sending ??= this.prepare())
      if (!sending.pieces.complete) {
        await sending.pieces.send(sending.target, this.run, () => this.sending === sending && !this.closed)
        if (this.sending !== sending || this.closed) continue
      }
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
        this.born = textOf(answer[6])
        this.answeredAt = Number(textOf(answer[7]))
        await this.others.follow(this.writer, Number(textOf(answer[2])), listOf(answer[4]))
        // What was sent again is what was counted by then: the rest follows.
        if (!again || turn === mostTurns) return { dead: Number(answer[3]), keep: Number(answer[5]) === 1 }
      } else if (verdict === 'folded') {
        if (number >= sending.version) this.took(sending)
        this.beginAgain()
      } else {
        this.version = Math.max(number, sending.version)
        this.answeredAt = 0
        this.flushed.ledger.begin()
      }
      if (turn === mostTurns) throw new Error(`Redis has had something else than was sent, ${mostTurns} times`)
    }
  }

  /** What is sent again is ready, whatever becomes of the ledger. */
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

  /** So that the next change leads on from there, whatever the clocks of those were that wrote it. */
  private async askWhatIsThere(): Promise<void> {
    const { deadAfter, expire } = this.options
    const { writer } = this
    const words = [writer, '0', '0', '?', '', String(deadAfter), String(expire), ...Array(11).fill('0')]
    const answer = listOf(await this.run(flush, this.keysOf(writer), words))
    // Asked again when the ledger was replaced meanwhile.
    if (writer !== this.writer) return
    this.asks = false
    // With its time: a reader that has seen the ledger before a server lost it does not take an old version for a new one.
    this.version = Math.max(Number(answer[1]), Date.now())
    this.flushed.ledger.begin(Number(answer[2] ?? 0))
  }

  private keysOf(writer: string): readonly string[] {
    return [...this.keys.shared, this.keys.seats, ...this.keys.of(writer), this.keys.pending(writer)]
  }

  private prepare(): Sending {
    const { keys, deadAfter, expire, retention = Math.max(leastRetention, 4 * deadAfter) } = this.options
    const { writer } = this
    const { ledger, untold } = this.flushed
    const change = ledger.change()
    const version = this.version + 1
    const leaves = this.leaving
    const removals = untold.slice(0, mostRemovals)
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
        base: change.whole ? undefined : this.version,
      },
      keys: this.keysOf(writer),
      words: () => [...head, ...pieces.words(), ...removalTexts],
    }
  }

  /** Each script has a time limit of its own: a flush continues as long as Redis acknowledges its pieces. */
  private readonly run = async (
    script: Script,
    keys: readonly string[],
    words: readonly (string | Uint8Array)[],
  ): Promise<Reply> => {
    const { connection, patience } = this.options
    const reply = await withTimeout(connection.run(script, keys, words), patience)
    this.progress++
    return reply
  }

  private took({ version, change, removals, leaves }: Sending): void {
    if (leaves) this.leaving = false
    this.version = version
    this.flushed.ledger.taken(change)
    forget(this.flushed.untold, removals)
  }

  /** Under a new name, with what is not counted elsewhere. */
  private beginAgain(): void {
    this.writer = nextWriter(this.writer)
    this.version = 0
    this.answeredAt = 0
    this.flushed.folded(this.writer)
  }
}

/** Takes off, in place, what Redis has; others may have been added or dropped meanwhile. */
function forget<T>(list: T[], gone: readonly T[]): void {
  if (gone.length === 0) return
  const known = new Set(gone)
  let kept = 0
  for (const each of list) if (!known.has(each)) list[kept++] = each
  list.length = kept
}
