import type { Pause } from '../contract.js'
import { ask } from './ask.js'
import type { DataClock } from './data-clock.js'
import { entryFrom, isWriter, type LedgerEntry, type StateOfService } from './entry.js'
import { foldStepFrom } from './fold-step.js'
import { LedgerReader, LedgerUpdate } from './ledger-reader.js'
import { Overtaken } from './overtaken.js'
import { read, survey } from './read-script.js'
import type { RemovalFollower } from './removal-follower.js'
import { listOf, type Reply, type ScriptConnection, textOf } from './script.js'
import type { ServiceSnapshotOptions } from './service-snapshot.js'
import { noTombstones } from './tombstones.js'

/**
 * Upper limits of one reply: entries, removals, ledgers, and bytes of ledgers. Each call blocks Redis for a few
 * milliseconds.
 */
export interface ChunkSizes {
  readonly entries: number
  readonly removals: number
  readonly ledgers: number
  readonly bytes: number
}

const chunks: ChunkSizes = { entries: 1000, removals: 5000, ledgers: 500, bytes: 1 << 20 }
/** The maximum number of passes over the entries to find missing ones. */
const mostPasses = 4
/** The maximum number of folds that one reading follows, and of ledgers that it restarts. */
const mostRepeats = 1000

/** The ledgers of a service, and which of their writers are alive. */
export interface Inhabitants extends StateOfService {
  readonly entries: ReadonlyMap<string, LedgerEntry>
  isLive(id: string): boolean
}

/** Which ledgers a reading reads. */
export type Wanted = (id: string, entry: LedgerEntry, service: Inhabitants) => boolean

/**
 * One reading of a service, in chunks. Each count is either in the ledger of its writer or in the totals. If ledgers
 * are folded between two chunks, the next reply lists them; the reading then drops the folded ledgers and reads the
 * totals again. Nothing is shown before the reading is complete.
 */
export class Reading implements Inhabitants {
  readonly entries = new Map<string, LedgerEntry>()
  readonly beats = new Map<string, number>()
  readonly live = new Set<string>()
  /** Entries of a later format, or not of promhive. */
  readonly unreadable = new Map<string, string>()
  /** Milliseconds of the server's clock at the last reply. */
  now = 0
  born: string | undefined
  /** The IDs of the states from which this one was restored, whose totals it contains. */
  ancestors: readonly string[] = []
  began = 0
  folds = -1
  format = ''
  /** The number of recorded shards. */
  shards = 1
  /** Tombstones that were found, and the position after them. */
  readonly tombs: string[] = []
  /** Ledgers that have not been read yet. */
  private readonly waiting = new Set<string>()
  private readonly sizes: ChunkSizes
  private repeats = 0

  /**
   * @param shownLedgers the ledgers that were shown last
   * @param updates the results of readings since then; kept when a reading fails, so that the next one continues
   * @param replica a replica to read instead of the primary
   * @param clock if replicas are read: the age of what was read so far
   * @param tombsEnd the position after the known tombstones
   */
  constructor(
    private readonly options: ServiceSnapshotOptions,
    private readonly shownLedgers: ReadonlyMap<string, LedgerReader>,
    private readonly updates: Map<string, LedgerUpdate>,
    private readonly removals: RemovalFollower,
    private readonly replica?: ScriptConnection | undefined,
    private readonly clock?: DataClock | undefined,
    public tombsEnd = noTombstones,
  ) {
    this.sizes = { ...chunks, ...options.chunks }
  }

  isLive(id: string): boolean {
    return this.live.has(id)
  }

  /**
   * Reads what has changed of the ledgers that the survey found.
   *
   * @throws Overtaken if there were more folds than can be followed
   */
  async readAll(isToRead: Wanted, pause: Pause): Promise<void> {
    for (const [id, entry] of this.entries)
      if (isToRead(id, entry, this) && this.isNews(id, entry)) this.waiting.add(id)
    while (this.waiting.size > 0) await this.readSome(pause)
  }

  /** Reads the current content of some ledgers of the survey; skips those that no longer exist. */
  async read(ids: readonly string[], pause: Pause): Promise<LedgerReader[]> {
    for (const id of ids) this.waiting.add(id)
    while (this.waiting.size > 0) await this.readSome(pause)
    const readers: LedgerReader[] = []
    for (const id of ids) {
      const update = this.updates.get(id)
      if (update?.entry === undefined) continue
      this.updates.delete(id)
      await update.reader.take(update, pause)
      readers.push(update.reader)
    }
    return readers
  }

  /** Notes that this process has folded ledgers itself, so that it does not follow that fold. */
  foldedItself(sources: readonly string[], folds: number): void {
    for (const id of sources) this.entries.delete(id)
    if (folds === this.folds + 1) this.folds = folds
  }

  /**
   * Reads which ledgers exist, and what was removed.
   *
   * @throws Overtaken if there were more folds than can be followed
   */
  async survey(pause: Pause): Promise<void> {
    const { keys } = this.options
    const { entries, removals } = this.sizes
    const shared = [keys.ledgers, keys.beats, keys.state, keys.removals, keys.tombstones]
    let cursor = '0'
    let passes = 0
    for (;;) {
      const words = [this.folds, cursor, entries, this.removals.followed, removals, this.tombsEnd].map(String)
      const reply = listOf(await this.ask(survey, shared, words))
      const [moment, next, chunk, count, grace, graced, format, removed, length, start, list, shards] = reply
      const [tombsEnd, tombs, moreTombs] = reply.slice(12)
      this.follow(moment)
      this.format = textOf(format)
      this.shards = Number(textOf(shards))
      await this.takeEntries(listOf(chunk), Number(textOf(grace)), Number(textOf(graced)), pause)
      const more = this.removals.take({
        removed: Number(textOf(removed)),
        length: Number(length),
        start: Number(textOf(start)),
        removals: listOf(list),
      })
      for (const tomb of listOf(tombs)) this.tombs.push(textOf(tomb))
      if (this.tombsEnd !== noTombstones) this.tombsEnd = Number(textOf(tombsEnd))
      cursor = cursor === '' ? '' : textOf(next)
      if (cursor === '0') {
        // Each pass finds the entries that existed all the time, unless the server changed, which has another order.
        const entriesRead = this.entries.size + this.unreadable.size
        if (entriesRead >= Number(count) || ++passes === mostPasses) cursor = ''
      }
      if (cursor === '' && !more && Number(moreTombs) === 0) return
    }
  }

  private async takeEntries(chunk: readonly Reply[], grace: number, graced: number, pause: Pause): Promise<void> {
    const { deadAfter } = this.options
    let taken = 0
    for (const each of chunk) {
      const [id, text, beat] = listOf(each).map(textOf) as [string, string, string]
      const entry = entryFrom(text)
      if (entry === undefined) this.unreadable.set(id, text)
      else this.entries.set(id, entry)
      const at = Number(beat)
      this.beats.set(id, at)
      const last = at >= graced ? Math.max(at, grace) : at
      if (at > 0 && this.now - last <= deadAfter) this.live.add(id)
      else this.live.delete(id)
      if ((++taken & 127) === 0 && pause.due()) await pause.rest()
    }
  }

  /** Whether Redis has a different version of a ledger than the one that was read. */
  private isNews(id: string, entry: LedgerEntry): boolean {
    const known = this.updates.get(id) ?? this.shownLedgers.get(id)
    if (known === undefined) return true
    if (known.version === entry.version && known.edition === entry.edition) return false
    return !this.isShownAsItWas(id, entry)
  }

  /**
   * Whether a new server lacks the last changes of a living writer. The writer will send them again; until then, the
   * last version of its ledger is shown.
   */
  private isShownAsItWas(id: string, entry: LedgerEntry): boolean {
    const version = this.shownLedgers.get(id)?.version ?? 0
    return entry.version < version && isWriter(entry.facts) && this.isLive(id)
  }

  /** Reads as many of the waiting ledgers as fit into one reply. */
  private async readSome(pause: Pause): Promise<void> {
    const { keys } = this.options
    const { ledgers, bytes } = this.sizes
    const ids: string[] = []
    for (const id of this.waiting) if (ids.push(id) === ledgers) break
    const words = [String(this.folds), String(bytes), ...ids.flatMap((id) => this.knownOf(id))]
    const reply = await this.ask(read, [keys.ledgers, keys.state, ...ids.flatMap((id) => keys.of(id))], words)
    const [moment, ledgerReplies] = listOf(reply)
    this.follow(moment)
    // These ledgers were read after the folds that this reply lists.
    for (const [i, each] of listOf(ledgerReplies).entries())
      if (await this.take(ids[i]!, listOf(each), pause)) this.waiting.delete(ids[i]!)
  }

  private knownOf(id: string): string[] {
    const shownLedger = this.shownLedgers.get(id)
    const entry = this.entries.get(id)
    const update = this.updates.get(id)
    const known = update ?? shownLedger
    if (known === undefined) return [id, '0', '0', '0', '0']
    // After a failover, the ledgers of the new server may differ, so they are read again.
    const isOlder = entry !== undefined && entry.version < known.version
    const { version, edition, namesLength, exemplarsVersion } = known
    return [id, version, isOlder ? -1 : edition, namesLength, exemplarsVersion].map(String)
  }

  /** Applies the part of a reply about one ledger; returns whether the ledger is complete. */
  private async take(id: string, [kind, text, from, ...parts]: readonly Reply[], pause: Pause): Promise<boolean> {
    const entry = kind === undefined || textOf(kind) === 'gone' ? undefined : entryFrom(textOf(text))
    if (entry === undefined) {
      this.entries.delete(id)
      this.updates.delete(id)
      return true
    }
    this.entries.set(id, entry)
    if (textOf(kind) === 'same' || this.isShownAsItWas(id, entry)) return true
    let update = this.updates.get(id)
    const shownLedger = this.shownLedgers.get(id)
    if (Number(from) === 0) update = new LedgerUpdate(new LedgerReader(id), false)
    else if (update === undefined && shownLedger !== undefined) update = new LedgerUpdate(shownLedger, true)
    if (update === undefined || update.namesLength !== Number(from)) {
      this.updates.delete(id)
      this.repeat()
      return false
    }
    this.updates.set(id, update)
    await update.take(entry, parts, pause)
    return textOf(kind) === 'whole'
  }

  /** Follows the folds, which every reply lists. */
  private follow(reply: Reply | undefined): void {
    const [now, born, folds, later, last, ancestors, began] = listOf(reply)
    const count = Number(textOf(folds))
    const isPrimary = this.replica === undefined
    this.now = this.clock?.take(textOf(born), Number(textOf(last)), count, isPrimary) ?? Number(now)
    this.ancestors = textOf(ancestors ?? '')
      .split(' ')
      .filter(Boolean)
    this.began = Number(textOf(began ?? '0'))
    if (this.born === undefined) {
      this.born = textOf(born)
      this.folds = count
      return
    }
    const steps = listOf(later)
    for (const _ of steps) this.repeat()
    if (textOf(born) !== this.born || count - this.folds !== steps.length) throw new Overtaken()
    for (const step of steps) this.fold(textOf(step))
    this.folds = count
  }

  /** Ends a reading if Redis changes faster than it can be read. */
  private repeat(): void {
    if (++this.repeats > mostRepeats) throw new Overtaken()
  }

  private fold(step: string): void {
    const { sources, targets, tombs } = foldStepFrom(step)
    this.tombs.push(...tombs)
    for (const id of sources) {
      this.entries.delete(id)
      this.unreadable.delete(id)
      this.beats.delete(id)
      this.live.delete(id)
      this.updates.delete(id)
      this.waiting.delete(id)
    }
    for (const id of targets) this.waiting.add(id)
  }

  /** A later answer is ignored. */
  private ask(...[script, keys, words]: Parameters<ServiceSnapshotOptions['connection']['run']>): Promise<Reply> {
    const { connection, timeout } = this.options
    return ask({ connection: this.replica ?? connection, timeout }, script, keys, words)
  }
}
