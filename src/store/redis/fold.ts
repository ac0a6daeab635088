import type { FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { Pause, PlacedExemplar } from '../backend.js'
import type { SeriesLog } from '../series-log.js'
import { changeWords } from './change.js'
import { type Facts, isWriter, type LedgerEntry, restOf } from './entry.js'
import { fold } from './fold-script.js'
import type { Keys } from './keys.js'
import { type Entry, Ledger } from './ledger.js'
import type { LedgerReader } from './ledger-reader.js'
import { openSeries } from './open-series.js'
import type { Inhabitants } from './reading.js'
import { type Connection, textOf } from './script.js'
import { Shelf, type ShelfOptions } from './shelf.js'

/** Totals that lag so many removals behind are written anew. */
const manyRemovals = 500
/** How many ledgers one round folds at most. */
const mostFolds = 1000

/** Adds up what the dead left: the numbers that go on counting, in one ledger for each instance that lives, and one for the rest. */
export class Folding {
  private readonly shelf: Shelf
  private readonly keys: Keys
  private readonly connection: Connection

  constructor(private readonly options: ShelfOptions) {
    this.shelf = new Shelf(options)
    this.keys = options.keys
    this.connection = options.connection
  }

  /** Folds whoever is dead; gives how many. Others may do the same at the same moment: each is folded once. */
  async run(pause: Pause): Promise<number> {
    const { shelf } = this
    let folded = 0
    for (let turn = 0; turn < mostFolds; turn++) {
      await shelf.read(pause, concerns)
      const next = [...shelf.ledgers.values()].find((ledger) => isToFold(ledger.id, ledger.entry!, shelf))
      const lags = [...shelf.ledgers.values()].find(({ entry }) => this.lags(entry!))
      if (next !== undefined) {
        if (await this.fold(next, pause)) folded++
      } else if (lags !== undefined) await this.rewrite(lags)
      else break
    }
    return folded
  }

  private lags(entry: LedgerEntry): boolean {
    return !isWriter(entry.facts) && this.shelf.end - entry.seen > manyRemovals && this.shelf.pendingSince(entry.seen)
  }

  private async fold(source: LedgerReader, pause: Pause): Promise<boolean> {
    const { facts } = source.entry!
    const instance = facts.kind !== 'totals' && isInhabited(facts.instance, this.shelf) ? facts.instance : ''
    const totals = this.target(totalsOf(instance), 0, { kind: 'totals', instance })
    const targets = [totals]
    for (const { seat, log, values, exemplars, process } of source.snapshots(false)) {
      // A mode that keeps a series of each process keeps it under the seat that the process had.
      let kept: Target | undefined
      const place = (family: FamilyDescriptor): Target | undefined => {
        const layout = layoutOf(family)
        if (!layout.keepsDead) return undefined
        if (!layout.perWriter) return totals
        const named = process === undefined ? {} : { process }
        kept ??= this.target(`kept:${seat}`, seat, { kind: 'kept', instance: facts.instance, ...named })
        return kept
      }
      await addAll(place, log, values, exemplars?.() ?? [], pause)
      if (kept !== undefined) targets.push(kept)
    }
    return this.write(source.id, source.version, targets)
  }

  /** The same, without what was removed meanwhile. */
  private async rewrite({ id, entry }: LedgerReader): Promise<void> {
    await this.write('', 0, [this.target(id, entry!.seat, entry!.facts)])
  }

  private async write(id: string, version: number, targets: readonly Target[]): Promise<boolean> {
    const { keys, connection, shelf } = this
    const { deadAfter, expire } = this.options
    const words: (string | Uint8Array)[] = [id, String(version), deadAfter, expire, targets.length].map(String)
    for (const { id: target, before, seat, ledger, facts } of targets) {
      const change = ledger.change()
      // Of its time as well: a server that lost the last one does not give another change the same version.
      const next = Math.max(before + 1, shelf.now)
      const entry = `${next} ${seat} ${shelf.end} ${restOf(change, facts)}`
      words.push(target, String(before), entry, '1', ...changeWords(change))
    }
    const all = [keys.ledgers, keys.beats, keys.state, keys.folded, ...keys.of(id)]
    const answer = await connection.run(fold, [...all, ...targets.flatMap((target) => keys.of(target.id))], words)
    return textOf(answer) === 'done'
  }

  private target(id: string, seat: number, facts: Pick<Facts, 'kind' | 'instance' | 'process'>): Target {
    const present = this.shelf.ledgers.get(id)
    // Of its time, and above the one before: two folds within a millisecond are told apart by who follows the names.
    const ledger = new Ledger(Math.max(present?.edition ?? 0, this.shelf.now))
    if (present !== undefined) ledger.restore(present.names.log(), present.values, present.exemplars)
    const epoch = (present?.entry?.facts.epoch ?? 0) + 1
    const startedAt = present?.entry?.facts.startedAt ?? 1
    return { id, seat, before: present?.version ?? 0, ledger, epoch, facts: { ...facts, startedAt, epoch } }
  }
}

function concerns(id: string, entry: LedgerEntry, service: Inhabitants): boolean {
  return !isWriter(entry.facts) || isToFold(id, entry, service)
}

/** Whether it is of a dead writer, or the totals of an instance without living writers. */
function isToFold(id: string, { facts }: LedgerEntry, service: Inhabitants): boolean {
  if (isWriter(facts)) return !service.isLive(id)
  return facts.kind === 'totals' && facts.instance !== '' && !isInhabited(facts.instance, service)
}

function isInhabited(instance: string, service: Inhabitants): boolean {
  return [...service.entries].some(([id, { facts }]) => facts.instance === instance && service.isLive(id))
}

interface Target {
  readonly id: string
  readonly seat: number
  readonly before: number
  readonly ledger: Ledger
  readonly epoch: number
  readonly facts: Facts
}

/** Where what the dead of an instance left goes. */
function totalsOf(instance: string): string {
  return `totals:${instance}`
}

/** As if the ledger's writer had sat down on the seat that the target is, and died there. */
async function addAll(
  place: (family: FamilyDescriptor) => Target | undefined,
  log: SeriesLog,
  values: Float64Array,
  exemplars: readonly PlacedExemplar[],
  pause: Pause,
): Promise<void> {
  const area = { values, words: new Int32Array(values.buffer, values.byteOffset, values.length * 2) }
  const moved = new Map<number, { ledger: Ledger; entry: Entry }>()
  for (const [slot, i] of openSeries(log)) {
    const family = log.families[log.familyOf[i]!]!
    const layout = layoutOf(family)
    const target = place(family)
    if (target === undefined || slot + layout.width > values.length) continue
    const { ledger, epoch } = target
    const created = log.createdAt[i]!
    const entry = ledger.open(family, log.keyOf[i]!, 0, created)
    entry.created = Math.min(entry.created, created)
    const { segment, at } = entry.run
    layout.claim(segment, at, epoch)
    layout.carry(segment, at, area, slot, epoch)
    moved.set(slot, { ledger, entry })
    if (pause.due()) await pause.rest()
  }
  for (const { slot, bucket, exemplar } of exemplars) {
    const there = moved.get(slot)
    there?.ledger.setNewerExemplar(there.entry.run.slot, bucket, exemplar)
  }
}
