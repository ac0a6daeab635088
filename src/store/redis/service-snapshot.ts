import { randomUUID } from 'node:crypto'
import { monotonicNow } from '../../platform/timers.js'
import type { Pause, WriterSnapshot } from '../contract.js'
import { type AskOptions, ask } from './ask.js'
import { DataClock, Outdated } from './data-clock.js'
import { isComplete, isInDoubt, isWriter, type LedgerEntry, seenIn } from './entry.js'
import type { Keys } from './keys.js'
import type { LedgerReader, LedgerUpdate } from './ledger-reader.js'
import { Overtaken } from './overtaken.js'
import { type ChunkSizes, Reading, type Wanted } from './reading.js'
import { RemovalFollower } from './removal-follower.js'
import { trim } from './removal-scripts.js'
import { type LostState, restoreService } from './restoration.js'
import { retentionOf } from './retention.js'
import type { ScriptConnection } from './script.js'
import { noTombstones, Tombstones } from './tombstones.js'
import { claim, keep } from './upkeep-scripts.js'

export interface ServiceSnapshotOptions extends AskOptions {
  readonly keys: Keys
  /** The connection for readings, if they do not use the primary. */
  readonly replica?: ScriptConnection | undefined
  /** Milliseconds. */
  readonly deadAfter: number
  /** Milliseconds. */
  readonly expire: number
  /** Milliseconds in which living writers send their ledgers to a Redis that has come back empty. */
  readonly settle?: number
  /** Whether the counts of a dead writer stay under its seat when it is folded. */
  readonly keepsSeats?: boolean | undefined
  /** Limits of one reply, for tests. */
  readonly chunks?: Partial<ChunkSizes>
}

const everything: Wanted = () => true

/** The maximum number of readings that start because the previous one was overtaken. */
const mostTurns = 8
/** The number of removals, taken by every ledger, from which on they are deleted. */
const manyRemovals = 1000
/** The maximum number of removals that are stored for entries which this version cannot read. */
const mostHeldBack = 100_000
/** The maximum number of ledgers whose expiry one call renews. */
const mostKept = 300

/** Every ledger of the service, as found by the last complete reading. */
export class ServiceSnapshot implements LostState {
  readonly ledgers = new Map<string, LedgerReader>()
  /** All ledgers, read or not. */
  entries: ReadonlyMap<string, LedgerEntry> = new Map()
  /** Milliseconds of the server's clock at the last reading. */
  now = 0
  /** The ID of the state in Redis; it changes when Redis comes back empty. */
  born = ''
  /** The IDs of the states whose totals this state contains. */
  ancestors: readonly string[] = []
  /** When the state began, or was restored, by the server's clock. */
  began = 0
  readonly tombstones = new Tombstones()
  /** The number of folds. */
  folds = 0
  /** The format of the state in Redis; empty before the first flush. */
  format = ''
  /** The number of recorded shards, which shard 0 has. */
  shards = 1
  /** The monotonic clock of this process at the last reading. */
  readAt = 0
  /** Entries that this version cannot read: those of a later format, and those of other programs. */
  private strange: ReadonlyMap<string, string> = new Map()
  private beats: ReadonlyMap<string, number> = new Map()
  private live: ReadonlySet<string> = new Set()
  private readonly updates = new Map<string, LedgerUpdate>()
  private readonly removals = new RemovalFollower()

  /** The name of this process when it restores what Redis has lost. */
  private readonly owner = randomUUID()
  /** The monotonic clock of this process when Redis was found empty; undefined once its new data is shown. */
  private noticedAt: number | undefined

  private readonly clock: DataClock | undefined

  constructor(private readonly options: ServiceSnapshotOptions) {
    if (options.replica !== undefined) this.clock = new DataClock()
  }

  /**
   * Reads what has changed since the last reading, in chunks. Changes are shown only when the reading is complete: if
   * the promise is rejected, the snapshot stays as it was.
   *
   * @param isToRead which ledgers to read; by default all of them
   * @param fresh whether to read the primary even if a replica is configured
   */
  async read(pause: Pause, isToRead: Wanted = everything, fresh = false): Promise<void> {
    let replica = fresh ? undefined : this.options.replica
    let restored = false
    for (let turn = 1; ; turn++) {
      const { options, ledgers, updates, removals, clock } = this
      const tombsEnd = isToRead === everything ? this.tombstones.end : noTombstones
      const reading = new Reading(options, ledgers, updates, removals, replica, clock, tombsEnd)
      try {
        await reading.survey(pause)
        if (this.born !== '' && reading.born !== this.born && !restored) {
          this.noticedAt ??= monotonicNow()
          // A state from which the lost one was restored has come back: it is used as it is.
          if (!this.ancestors.includes(reading.born ?? '')) {
            const { owner, noticedAt } = this
            await restoreService(this.options, { seen: this, owner, noticedAt }, pause)
          }
          this.removals.restart()
          restored = true
          continue
        }
        await reading.readAll(isToRead, pause)
        await this.show(reading, pause)
        break
      } catch (cause) {
        // A replica that is behind has nothing new; the shown numbers are newer.
        if (cause instanceof Outdated && cause.isBehind && this.readAt > 0) return
        if (cause instanceof Overtaken) {
          if (turn === mostTurns) throw new Error('Redis changed faster than it could be read', { cause })
        } else if (replica === undefined || isRefusal(cause)) throw cause
        // The primary answers if the replica does not, or if replicas contradict each other.
        if (!(cause instanceof Overtaken) || cause instanceof Outdated || turn > 1) replica = undefined
      }
    }
    await this.removals.mask(this.ledgers.values(), pause)
    await this.forgetRemovals()
  }

  private async show(reading: Reading, pause: Pause): Promise<void> {
    for (const update of this.updates.values()) {
      if (update.entry === undefined) continue
      await update.reader.take(update, pause)
      this.ledgers.set(update.reader.id, update.reader)
    }
    this.updates.clear()
    for (const id of this.ledgers.keys()) if (!reading.entries.has(id)) this.ledgers.delete(id)
    this.entries = reading.entries
    this.live = reading.live
    this.strange = reading.unreadable
    this.beats = reading.beats
    this.now = reading.now
    this.readAt = monotonicNow()
    this.born = reading.born ?? ''
    this.ancestors = reading.ancestors
    this.began = reading.began
    if (reading.tombsEnd !== noTombstones)
      this.tombstones.take(reading.tombs, reading.tombsEnd, this.now, retentionOf(this.options.deadAfter))
    this.noticedAt = undefined
    this.folds = reading.folds
    this.format = reading.format
    this.shards = reading.shards
  }

  /** The position after the last removal. */
  get end(): number {
    return this.removals.followed
  }

  /** The number of ledgers that this version cannot read completely: of a later version, or of other programs. */
  get unreadable(): number {
    let count = this.strange.size
    for (const ledger of this.ledgers.values()) if (ledger.isPartlyUnreadable) count++
    return count
  }

  /**
   * Returns the time of a writer's last sign of life, in milliseconds of the server's clock; 0 if it has left or never
   * existed.
   */
  heardAt(id: string): number {
    return this.beats.get(id) ?? 0
  }

  /** The last flush of any writer, according to the server that was read; undefined if no replica is read. */
  get lastFlush(): number | undefined {
    return this.clock?.last
  }

  isLive(id: string): boolean {
    return this.live.has(id)
  }

  /** Whether there are ledgers to add to the totals. */
  hasDead(): boolean {
    for (const [id, { facts }] of this.entries)
      if (isWriter(facts) && !this.isLive(id) && !isInDoubt(facts, this)) return true
    return false
  }

  /** Whether there are totals to rewrite without removed series. */
  hasLagging(): boolean {
    for (const { facts, seen } of this.entries.values())
      if (!isWriter(facts) && this.removals.isFarBehind(seen)) return true
    return false
  }

  /** Returns totals first and living writers last: if two define the same series, that of the later one is shown. */
  snapshots(isShown: (entry: LedgerEntry) => boolean): WriterSnapshot[] {
    const writers: WriterSnapshot[] = []
    for (const ledger of this.ledgers.values())
      if (isShown(ledger.entry!)) writers.push(...ledger.snapshots(this.isLive(ledger.id)))
    return writers.sort(inOrder)
  }

  /**
   * Whether this process renews the expiry of the keys: one of all callers within an interval does.
   *
   * @param interval in milliseconds
   */
  async claimsKeeping(interval: number): Promise<boolean> {
    const claimed = await ask(this.options, claim, [this.options.keys.state], ['kept', String(interval)])
    return Number(claimed) === 1
  }

  /**
   * Renews the expiry of the keys that the last reading found. Living writers renew that of their own ledgers at each
   * flush.
   */
  async keep(): Promise<void> {
    const { keys, expire } = this.options
    const ids = [...this.entries.keys(), ...this.strange.keys()].filter((id) => !this.isLive(id))
    for (let from = 0; from === 0 || from < ids.length; from += mostKept) {
      const all = [...keys.shared, keys.tombstones, ...ids.slice(from, from + mostKept).flatMap((id) => keys.of(id))]
      await ask(this.options, keep, all, [String(expire)])
    }
  }

  private async forgetRemovals(): Promise<void> {
    const { keys } = this.options
    let taken = this.end
    for (const { seen } of this.entries.values()) taken = Math.min(taken, seen)
    // Writers of a later version may lag behind, but not without a limit.
    const least = this.end - mostHeldBack
    for (const text of this.strange.values()) taken = Math.min(taken, Math.max(least, seenIn(text) ?? taken))
    const { removed } = this.removals
    const isTrimDue = taken - removed >= manyRemovals
    // Ledgers that may still be restored have taken none of the removals.
    if (isTrimDue || isComplete(this)) this.removals.forget(taken)
    if (!isTrimDue) return
    await ask(this.options, trim, [keys.state, keys.removals], [String(removed), String(taken)])
  }
}

/** Orders dead writers before living ones, and both by their seats. */
export function inOrder(a: WriterSnapshot, b: WriterSnapshot): number {
  return Number(a.live) - Number(b.live) || a.seat - b.seat || (a.writer < b.writer ? -1 : 1)
}

/** Whether a server refused a command, which a retry would not change. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof Error && /^(?:ERR|NOPERM|NOAUTH|WRONGPASS)\b/.test(cause.message)
}
