import { withTimeout } from '../../runtime/time-limit.js'
import { monotonicNow } from '../../runtime/timers.js'
import type { Pause, WriterSnapshot } from '../backend.js'
import { RemovalIndex } from '../removal-index.js'
import { entryFrom, isWriter, type LedgerEntry, removalFrom } from './entry.js'
import type { Keys } from './keys.js'
import { LedgerReader, type PlacedRemoval } from './ledger-reader.js'
import { read } from './read-script.js'
import { trim } from './removal-scripts.js'
import { type Connection, listOf, type Reply, textOf } from './script.js'

export interface ShelfOptions {
  readonly keys: Keys
  readonly connection: Connection
  /** Milliseconds. */
  readonly deadAfter: number
  /** Milliseconds. */
  readonly expire: number
  /** Milliseconds until an answer is waited for no more. */
  readonly patience: number
}

/** How often it is asked again when ledgers came meanwhile. */
const mostTurns = 8
/** So many removals that every ledger has taken are not kept. */
const manyRemovals = 1000

/** Every ledger of the service, as it was at one moment. */
export class Shelf {
  readonly ledgers = new Map<string, LedgerReader>()
  /** What there is, read or not. */
  entries = new Map<string, LedgerEntry>()
  /** Milliseconds of the server's clock at the last reading. */
  now = 0
  /** The monotonic clock of this process at that moment. */
  readAt = 0
  /** Entries that this version cannot read, of the last reading. */
  unreadable = 0
  private grace = 0
  private beats = new Map<string, number>()
  private removals: PlacedRemoval[] = []
  /** Up to where the removals were read. */
  private followed = 0
  private removed = '0'

  constructor(private readonly options: ShelfOptions) {}

  /**
   * One round trip; one more when somebody came whose keys were not known.
   *
   * @param wanted which ledgers to read; all of them when left out
   */
  async read(pause: Pause, wanted: (id: string, entry: LedgerEntry) => boolean = () => true): Promise<void> {
    for (let turn = 1; turn <= mostTurns; turn++) {
      const asked = turn === 1 ? [...this.ledgers.keys()] : this.present(wanted)
      await this.ask(asked, pause)
      if (this.present(wanted).every((id) => this.ledgers.has(id))) break
    }
    await this.mask(pause)
    await this.forgetRemovals()
  }

  private async mask(pause: Pause): Promise<void> {
    const until = this.removals.at(-1)?.position ?? 0
    const behind = [...this.ledgers.values()].filter(({ removedUntil }) => removedUntil < until)
    if (behind.length === 0) return
    const after = Math.min(...behind.map(({ removedUntil }) => removedUntil))
    const index = new RemovalIndex()
    for (const { removal, position } of this.removals) if (position > after) index.add(removal, position)
    for (const ledger of behind) await ledger.mask(index, until, pause)
  }

  private present(wanted: (id: string, entry: LedgerEntry) => boolean): string[] {
    return [...this.entries].filter(([id, entry]) => wanted(id, entry)).map(([id]) => id)
  }

  /** The end of the removals. */
  get end(): number {
    return this.followed
  }

  /** Whether there is a removal behind a position: the end alone tells of those that were forgotten as well. */
  pendingSince(position: number): boolean {
    return this.removals.some((each) => each.position > position)
  }

  /** When a writer was last heard of, in milliseconds of the server's clock; 0 if it has left, or never was. */
  heardAt(id: string): number {
    return this.beats.get(id) ?? 0
  }

  isLive(id: string): boolean {
    const beat = this.beats.get(id) ?? 0
    return beat > 0 && this.now - Math.max(beat, this.grace) <= this.options.deadAfter
  }

  /** Whether somebody's numbers are to be added to the totals. */
  hasDead(): boolean {
    return [...this.entries].some(([id, { facts }]) => isWriter(facts) && !this.isLive(id))
  }

  /** The totals first and the living last: where two say the same, the later one's is shown. */
  snapshots(shown: (entry: LedgerEntry) => boolean): WriterSnapshot[] {
    const found: WriterSnapshot[] = []
    for (const ledger of this.ledgers.values())
      if (shown(ledger.entry!)) found.push(...ledger.snapshots(this.isLive(ledger.id)))
    return found.sort((a, b) => Number(a.live) - Number(b.live) || a.seat - b.seat || (a.writer < b.writer ? -1 : 1))
  }

  /** Reads some ledgers, and what there is beside them. */
  private async ask(ids: readonly string[], pause: Pause): Promise<void> {
    const { keys, connection, expire, patience } = this.options
    const known = ids.map((id) => this.ledgers.get(id) ?? new LedgerReader(id))
    const asking = connection.run(
      read,
      [...keys.shared, ...ids.flatMap((id) => keys.of(id))],
      [
        String(expire),
        String(this.followed),
        ...known.flatMap(({ id, version, edition, namesLength, exemplarsVersion }) =>
          [id, version, edition, namesLength, exemplarsVersion].map(String),
        ),
      ],
    )
    // An answer that comes later than that is nobody's.
    const reply = await withTimeout(asking, patience)
    const [now, grace, removed, removals, entries, beats, found, length] = listOf(reply)
    this.now = Number(now)
    this.readAt = monotonicNow()
    this.grace = Number(grace)
    this.beats = new Map(pairs(beats).map(([id, beat]) => [id, Number(beat)]))
    this.follow(Number(textOf(removed)), listOf(removals), Number(length))
    this.removed = textOf(removed)
    this.entries = new Map()
    this.unreadable = 0
    for (const [id, text] of pairs(entries)) {
      const entry = entryFrom(text)
      if (entry !== undefined) this.entries.set(id, entry)
      else this.unreadable++
    }
    for (const id of this.ledgers.keys()) if (!this.entries.has(id)) this.ledgers.delete(id)
    await this.take(known, listOf(found), pause)
  }

  private async take(known: readonly LedgerReader[], found: readonly Reply[], pause: Pause): Promise<void> {
    for (const [i, ledger] of known.entries()) {
      const entry = this.entries.get(ledger.id)
      if (entry === undefined) continue
      await ledger.take(entry, this.isLive(ledger.id), listOf(found[i]), pause)
      this.ledgers.set(ledger.id, ledger)
    }
  }

  private follow(removed: number, removals: readonly Reply[], length: number): void {
    const end = removed + length
    // A server that took over may have lost the last ones: what comes next has their places.
    if (this.followed > end) this.removals = this.removals.filter(({ position }) => position <= end)
    const from = Math.max(Math.min(this.followed, end), removed)
    for (const [i, each] of removals.entries()) {
      const removal = removalFrom(textOf(each))
      if (removal !== undefined) this.removals.push({ removal, position: from + i + 1 })
    }
    this.followed = from + removals.length
  }

  private async forgetRemovals(): Promise<void> {
    const { keys, connection, patience } = this.options
    const taken = Math.min(this.followed, ...[...this.entries.values()].map(({ seen }) => seen))
    this.removals = this.removals.filter(({ position }) => position > taken)
    if (taken - Number(this.removed) < manyRemovals) return
    await withTimeout(connection.run(trim, [keys.state, keys.removals], [this.removed, String(taken)]), patience)
  }
}

function pairs(reply: Reply | undefined): [string, string][] {
  const list = listOf(reply)
  const found: [string, string][] = []
  for (let i = 0; i + 1 < list.length; i += 2) found.push([textOf(list[i]), textOf(list[i + 1])])
  return found
}
