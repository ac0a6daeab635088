import { randomUUID } from 'node:crypto'
import type { FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { Pause, WriterSnapshot } from '../contract.js'
import type { Change } from './change.js'
import { restOf, type WriterFacts } from './entry.js'
import { Ledger } from './ledger.js'
import type { LedgerReader } from './ledger-reader.js'
import { openSeries } from './open-series.js'
import { type MovedSeries, moveExemplars, restoredLedger } from './restored-ledger.js'

/** A ledger to which others are added: the totals of an instance, or the values that stay with a dead seat. */
interface Target {
  readonly id: string
  readonly seat: number
  readonly ledger: Ledger
  readonly facts: WriterFacts
  /** The version that Redis has. */
  before: number
  epoch: number
  /** The change that is being sent to Redis. */
  sending: { readonly version: number; readonly change: Change } | undefined
}

/** A change of one target. */
export interface TargetChange {
  readonly id: string
  /** The version that Redis has. */
  readonly before: number
  readonly entry: string
  readonly change: Change
}

/** The series of one writer, and the ledger of those that stay with its seat. */
interface Addition {
  readonly snapshot: WriterSnapshot
  readonly open: ReadonlyMap<number, number>
  readonly kept: Target | undefined
  /** Whether these are all series that outlive the writer. */
  readonly keepsAll: boolean
}

type FactsOfTarget = Pick<WriterFacts, 'kind' | 'instance' | 'process'>

/** The ledgers to which a fold adds others. The next batch continues from what one batch has written. */
export class FoldTargets {
  private readonly all = new Map<string, Target>()
  private readonly changed = new Set<Target>()

  /**
   * @param now milliseconds of the server's clock
   * @param seen how many removals are carried out in the ledgers that are added
   * @param keepsSeats whether all counts of a writer stay under its seat
   */
  constructor(
    private readonly now: number,
    private readonly seen: number,
    private readonly keepsSeats: boolean,
  ) {}

  /**
   * Adds a ledger to the totals of an instance.
   *
   * @param read reads a target as it is in Redis; undefined if there is none
   * @returns false, without an effect, if the ledger or one of the targets cannot be read completely
   */
  async add(
    source: LedgerReader,
    instance: string,
    read: (id: string) => Promise<LedgerReader | undefined>,
    pause: Pause,
  ): Promise<boolean> {
    if (source.isPartlyUnreadable) return false
    const targetOf = async (id: string, seat: number, facts: FactsOfTarget): Promise<Target | undefined> => {
      const known = this.all.get(id)
      if (known !== undefined) return known
      const present = await read(id)
      return present?.isPartlyUnreadable ? undefined : this.begin(id, seat, facts, present, pause)
    }
    const totals = await targetOf(`totals:${instance}`, 0, { kind: 'totals', instance })
    if (totals === undefined) return false
    const sourceFacts = source.entry!.facts
    const additions: Addition[] = []
    for (const snapshot of source.snapshots(false)) {
      const { log, seat, process } = snapshot
      const open = await openSeries(log, pause)
      let keeps = false
      // The sums of a host belong to no seat.
      const keepsAll = this.keepsSeats && seat > 0
      for (const i of open.values()) if ((keeps = isKept(log.families[log.familyOf[i]!]!, keepsAll))) break
      const named = process === undefined ? {} : { process }
      // If the mode keeps a series of each process, the series stays under the seat of the process.
      const kept = keeps
        ? await targetOf(`kept:${seat}`, seat, { kind: 'kept', instance: sourceFacts.instance, ...named })
        : undefined
      if (keeps && kept === undefined) return false
      additions.push({ snapshot, open, kept, keepsAll })
    }
    this.change(totals)
    for (const addition of additions) {
      if (addition.kept !== undefined) this.change(addition.kept)
      await addAll(addition, totals, this.now, pause)
    }
    return true
  }

  private change(target: Target): void {
    target.epoch++
    this.changed.add(target)
  }

  /** Whether a ledger is one of the targets. */
  has(id: string): boolean {
    return this.all.has(id)
  }

  /** Adds a ledger that is written unchanged, except for removed series. */
  async keep(ledger: LedgerReader, pause: Pause): Promise<void> {
    const { seat, facts } = ledger.entry!
    const target = this.all.get(ledger.id) ?? (await this.begin(ledger.id, seat, facts, ledger, pause))
    this.change(target)
  }

  /** Returns the changes to write. */
  async changes(pause: Pause): Promise<TargetChange[]> {
    const changes: TargetChange[] = []
    for (const target of this.changed) {
      const { id, before, seat, ledger, epoch } = target
      for (const _ of ledger.preparing()) if (pause.due()) await pause.rest()
      const change = ledger.change()
      // Not below the current time, so that a server which lost the last version does not give its number to another
      // change.
      const version = Math.max(before + 1, this.now)
      target.sending = { version, change }
      const entry = `${version} ${seat} ${this.seen} ${restOf(change, { ...target.facts, epoch })}`
      changes.push({ id, before, entry, change })
      if (pause.due()) await pause.rest()
    }
    return changes
  }

  /** Called when Redis has applied the changes. */
  written(): void {
    for (const target of this.changed) {
      const { version, change } = target.sending!
      target.before = version
      target.ledger.taken(change)
    }
    this.changed.clear()
  }

  private async begin(
    id: string,
    seat: number,
    facts: FactsOfTarget,
    present: LedgerReader | undefined,
    pause: Pause,
  ): Promise<Target> {
    // Based on the time, and above the previous one: readers distinguish two folds within a millisecond by the edition.
    const edition = Math.max(present?.edition ?? 0, this.now)
    const ledger = present === undefined ? new Ledger(edition) : await restoredLedger(present, edition, pause)
    const epoch = present?.entry?.facts.epoch ?? 0
    const startedAt = present?.entry?.facts.startedAt ?? 1
    const origin = present?.entry?.facts.origin ?? randomUUID()
    const { kind, instance, process } = facts
    const targetFacts = { kind, instance, startedAt, epoch, origin, ...(process !== undefined && { process }) }
    const target = { id, seat, ledger, facts: targetFacts, before: present?.version ?? 0, epoch, sending: undefined }
    this.all.set(id, target)
    return target
  }
}

/** Whether a series is kept for each process. */
function isKept(family: FamilyDescriptor, keepsAll: boolean): boolean {
  const { keepsDead, perWriter } = layoutOf(family)
  return keepsDead && (perWriter || keepsAll)
}

/** Adds all series of a ledger, as if its writer had taken the seat of the target and died. */
async function addAll(
  { snapshot, open, kept, keepsAll }: Addition,
  totals: Target,
  now: number,
  pause: Pause,
): Promise<void> {
  const { log, values, exemplars } = snapshot
  const area = { values, words: new Int32Array(values.buffer, values.byteOffset, values.length * 2) }
  const moved: MovedSeries = new Map()
  for (const [slot, i] of open) {
    if (pause.due()) await pause.rest()
    const family = log.families[log.familyOf[i]!]!
    const layout = layoutOf(family)
    if (!layout.keepsDead || slot + layout.width > values.length) continue
    const { ledger, epoch } = isKept(family, keepsAll) ? kept! : totals
    const created = log.createdAt[i]!
    const entry = ledger.open(family, log.keyOf[i]!, 0, created)
    entry.created = Math.min(entry.created, created)
    const { segment, at } = entry.run
    layout.claim(segment, at, epoch)
    layout.carry(segment, at, area, slot, epoch, now)
    moved.set(slot, { ledger, entry })
  }
  moveExemplars(exemplars?.() ?? [], moved)
}
