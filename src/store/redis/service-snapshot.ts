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
  /** Where readings of the snapshot go, if not to the primary. */
  readonly replica?: ScriptConnection | undefined
  /** Milliseconds. */
  readonly deadAfter: number
  /** Milliseconds. */
  readonly expire: number
  /** Milliseconds in which the living send what they have to a Redis that has come back empty. */
  readonly settle?: number
  /** Limits of one reply, where a test needs others. */
  readonly chunks?: Partial<ChunkSizes>
}

const everything: Wanted = () => true

/** The maximum number of readings that are begun because the one before was overtaken. */
const mostTurns = 8
/** So many removals that every ledger has taken are not kept. */
const manyRemovals = 1000
/** The maximum number of removals that are kept for entries that this version cannot read. */
const mostHeldBack = 100_000
/** The maximum number of ledgers whose keys are kept by one call. */
const mostKept = 300

/** Every ledger of the service, as the last complete reading found them. */
export class ServiceSnapshot implements LostState {
  readonly ledgers = new Map<string, LedgerReader>()
  /** All ledgers, read or not. */
  entries: ReadonlyMap<string, LedgerEntry> = new Map()
  /** Milliseconds of the server's clock at the last reading. */
  now = 0
  /** The ID of the state in Redis: another one when Redis has come back empty. */
  born = ''
  /** The IDs of the states whose totals that one contains. */
  ancestors: readonly string[] = []
  /** When the state began, or was restored, by the server's clock. */
  began = 0
  readonly tombstones = new Tombstones()
  /** How many ledgers were folded. */
  folds = 0
  /** The format of the state in Redis; empty before the first flush. */
  format = ''
  /** How many shards are recorded; shard 0 has the number. */
  shards = 1
  /** The monotonic clock of this process at that moment. */
  readAt = 0
  /** Entries that this version cannot read: those of a later format, and those of other programs. */
  private strange: ReadonlyMap<string, string> = new Map()
  private beats: ReadonlyMap<string, number> = new Map()
  private live: ReadonlySet<string> = new Set()
  private readonly updates = new Map<string, LedgerUpdate>()
  private readonly removals = new RemovalFollower()

  /** Its name where it restores what Redis has lost. */
  private readonly owner = randomUUID()
  /** The monotonic clock of this process when Redis was found empty; until what is there is shown. */
  private noticedAt: number | undefined

  private readonly clock: DataClock | undefined

  constructor(private readonly options: ServiceSnapshotOptions) {
    if (options.replica !== undefined) this.clock = new DataClock()
  }

  /**
   * Reads what has changed since the last reading, in chunks. What it finds is shown only when all of it was read: if the
   * promise is rejected, the snapshot shows what it showed before.
   *
   * @param wanted which ledgers to read; all of them when left out
   * @param fresh whether to read the primary, even where a replica is to be read
   */
  async read(pause: Pause, wanted: Wanted = everything, fresh = false): Promise<void> {
    let replica = fresh ? undefined : this.options.replica
    let restored = false
    for (let turn = 1; ; turn++) {
      const { options, ledgers, updates, removals, clock } = this
      const tombsEnd = wanted === everything ? this.tombstones.end : noTombstones
      const reading = new Reading(options, ledgers, updates, removals, replica, clock, tombsEnd)
      try {
        await reading.survey(pause)
        if (this.born !== '' && reading.born !== this.born && !restored) {
          this.noticedAt ??= monotonicNow()
          // A state that the lost one was restored from has come back: it is taken as it is.
          if (!this.ancestors.includes(reading.born ?? '')) {
            const { owner, noticedAt } = this
            await restoreService(this.options, { seen: this, owner, noticedAt }, pause)
          }
          this.removals.restart()
          restored = true
          continue
        }
        await reading.readAll(wanted, pause)
        await this.show(reading, pause)
        break
      } catch (cause) {
        // A replica that is behind has nothing new: what is shown is newer.
        if (cause instanceof Outdated && cause.isBehind && this.readAt > 0) return
        if (cause instanceof Overtaken) {
          if (turn === mostTurns) throw new Error('Redis changed faster than it could be read', { cause })
        } else if (replica === undefined || isRefusal(cause)) throw cause
        // The primary answers where the replica does not, or where replicas answer that are behind each other.
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

  /** The end of the removals. */
  get end(): number {
    return this.removals.followed
  }

  /** How many entries this version cannot read: those of a later format, and those of other programs. */
  get unreadable(): number {
    return this.strange.size
  }

  /** The time of a writer's last sign of life, in milliseconds of the server's clock; 0 if it has left, or never was. */
  heardAt(id: string): number {
    return this.beats.get(id) ?? 0
  }

  /** When any writer flushed last, as the server that was read has it; undefined where no replica is read. */
  get lastFlush(): number | undefined {
    return this.clock?.last
  }

  isLive(id: string): boolean {
    return this.live.has(id)
  }

  /** Whether there are ledgers to be added to the totals. */
  hasDead(): boolean {
    for (const [id, { facts }] of this.entries)
      if (isWriter(facts) && !this.isLive(id) && !isInDoubt(facts, this)) return true
    return false
  }

  /** Whether there are totals to be rewritten, without what was removed since. */
  hasLagging(): boolean {
    for (const { facts, seen } of this.entries.values())
      if (!isWriter(facts) && this.removals.isFarBehind(seen)) return true
    return false
  }

  /** The totals first and the living last: where two say the same, the later one's is shown. */
  snapshots(shown: (entry: LedgerEntry) => boolean): WriterSnapshot[] {
    const found: WriterSnapshot[] = []
    for (const ledger of this.ledgers.values())
      if (shown(ledger.entry!)) found.push(...ledger.snapshots(this.isLive(ledger.id)))
    return found.sort(inOrder)
  }

  /**
   * Whether this process is the one that keeps the keys, of all that ask within an interval.
   *
   * @param interval in milliseconds
   */
  async claimsKeeping(interval: number): Promise<boolean> {
    const claimed = await ask(this.options, claim, [this.options.keys.state], ['kept', String(interval)])
    return Number(claimed) === 1
  }

  /**
   * Keeps the keys that the last reading found from expiring. The living keep their own ledgers at each flush.
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
    // Writers of a later version may lag behind, but not for good.
    const least = this.end - mostHeldBack
    for (const text of this.strange.values()) taken = Math.min(taken, Math.max(least, seenIn(text) ?? taken))
    const { removed } = this.removals
    const many = taken - removed >= manyRemovals
    // What is still to be restored has taken none of them.
    if (many || isComplete(this)) this.removals.forget(taken)
    if (!many) return
    await ask(this.options, trim, [keys.state, keys.removals], [String(removed), String(taken)])
  }
}

/** The dead before the living, and each of them by their seats. */
export function inOrder(a: WriterSnapshot, b: WriterSnapshot): number {
  return Number(a.live) - Number(b.live) || a.seat - b.seat || (a.writer < b.writer ? -1 : 1)
}

/** Whether a server refuses what it was asked, which it will do again. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof Error && /^(?:ERR|NOPERM|NOAUTH|WRONGPASS)\b/.test(cause.message)
}
