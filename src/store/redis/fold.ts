import { randomUUID } from 'node:crypto'
import { monotonicNow } from '../../platform/timers.js'
import type { Pause } from '../contract.js'
import { ask } from './ask.js'
import { isInDoubt, isWriter, type LedgerEntry } from './entry.js'
import { fold as foldScript } from './fold-script.js'
import { FoldTargets } from './fold-targets.js'
import type { LedgerReader } from './ledger-reader.js'
import { Overtaken } from './overtaken.js'
import { Pieces } from './pieces.js'
import { type Inhabitants, Reading } from './reading.js'
import { RemovalFollower } from './removal-follower.js'
import { retentionOf } from './retention.js'
import { listOf, type Reply, type Script, textOf } from './script.js'
import type { ServiceSnapshotOptions } from './service-snapshot.js'
import { lease, release, sweep } from './upkeep-scripts.js'

/** Milliseconds within which a process must renew its lease. */
const leaseDuration = 10_000
/** Limits of one batch: ledgers, and bytes of them. */
const mostSources = 500
const mostBytes = 8 << 20
/** The maximum number of rounds in which ledgers change while they are folded, before it is left to the next time. */
const mostRounds = 20
/** The maximum number of entries that are swept by one call. */
const mostSwept = 1000

/** The instances that exist. */
export type Instances = Pick<ReadonlySet<string>, 'has'>

/** The result of a fold, for the tests. */
export interface Folded {
  /** The number of ledgers that were added to the totals. */
  readonly ledgers: number
  /** The number of calls that wrote the totals. */
  readonly batches: number
}

/**
 * Adds up the ledgers of dead writers: one ledger with the values that outlive a writer for each living instance, and
 * one for all other instances. One process does this for all, under a lease and in batches; the totals are written once
 * per batch. The lease does not ensure that each count is added once: the script that writes checks that nothing has
 * changed since the ledgers were read.
 */
export class Folding {
  private readonly owner = randomUUID()
  private reading: Reading
  private removals: RemovalFollower
  private targets: FoldTargets
  private batchSize = 4
  private ends = Number.POSITIVE_INFINITY
  /** The IDs of ledgers that are left to a later version, which can read them. */
  private left: string[] = []

  /** @param elsewhere the instances with a living writer in another shard */
  constructor(
    private readonly options: ServiceSnapshotOptions,
    private readonly elsewhere: Instances = new Set(),
  ) {
    this.removals = new RemovalFollower()
    this.reading = new Reading(options, new Map(), new Map(), this.removals)
    this.targets = new FoldTargets(0, 0, false)
  }

  /**
   * Folds all dead writers, unless another process is doing so.
   *
   * @param time milliseconds after which no further batch begins
   */
  async run(pause: Pause, time = Number.POSITIVE_INFINITY): Promise<Folded> {
    this.ends = monotonicNow() + time
    let [ledgers, batches] = [0, 0]
    if (!(await this.holdsLease())) return { ledgers, batches }
    try {
      for (let round = 1; round <= mostRounds; round++) {
        const folded = await this.round(pause)
        ledgers += folded.ledgers
        batches += folded.batches
        if (folded.isComplete && !(await this.isToContinue(round))) return { ledgers, batches }
      }
      await this.isToContinue(mostRounds)
    } catch (cause) {
      await this.isToContinue(mostRounds).catch(() => {})
      throw cause
    }
    return { ledgers, batches }
  }

  /** Reads which ledgers exist, and folds the dead ones; stops if something has changed meanwhile. */
  private async round(pause: Pause): Promise<Folded & { readonly isComplete: boolean }> {
    let [ledgers, batches] = [0, 0]
    this.removals = new RemovalFollower()
    this.reading = new Reading(this.options, new Map(), new Map(), this.removals)
    this.left = []
    try {
      await this.reading.survey(pause)
      this.targets = new FoldTargets(this.reading.now, this.removals.followed, this.options.keepsSeats ?? false)
      const here = inhabited(this.reading)
      const instances = { has: (instance: string) => here.has(instance) || this.elsewhere.has(instance) }
      const sources = sourcesIn(this.reading, instances)
      while (sources.length > 0) {
        if (this.isOver || !(await this.holdsLease())) return { ledgers, batches, isComplete: true }
        const ids = sources.splice(0, this.batchSize)
        const folded = await this.fold(ids, instances, pause)
        if (folded === undefined) return { ledgers, batches, isComplete: false }
        ledgers += folded
        batches++
      }
      if (!(await this.rewrite(pause))) return { ledgers, batches, isComplete: false }
      await this.sweep()
    } catch (cause) {
      if (!(cause instanceof Overtaken)) throw cause
      return { ledgers, batches, isComplete: false }
    }
    return { ledgers, batches, isComplete: true }
  }

  /** Folds a batch; returns the number of ledgers, or undefined if they or the totals have changed. */
  private async fold(ids: readonly string[], instances: Instances, pause: Pause): Promise<number | undefined> {
    const ledgers = await this.readLedgers(ids, pause)
    const sources: LedgerReader[] = []
    for (const source of ledgers) {
      const { facts } = source.entry!
      const instance = isWriter(facts) && instances.has(facts.instance) ? facts.instance : ''
      if (await this.targets.add(source, instance, (id) => this.readOne(id, pause), pause)) sources.push(source)
      else this.left.push(source.id)
    }
    const bytes = ledgers.reduce((sum, { values, namesLength }) => sum + values.byteLength + namesLength, 0)
    this.batchSize = nextBatchSize(ids.length, bytes)
    if (sources.length === 0) return 0
    return (await this.write(sources, pause)) ? sources.length : undefined
  }

  /** Rewrites totals that lag far behind without removed series; returns whether all are done. */
  private async rewrite(pause: Pause): Promise<boolean> {
    const lagging = [...this.reading.entries].filter((each) => this.lags(...each)).map(([id]) => id)
    while (lagging.length > 0) {
      if (this.isOver || !(await this.holdsLease())) return true
      const ledgers = await this.readLedgers(lagging.splice(0, this.batchSize), pause)
      const whole = ledgers.filter((ledger) => !ledger.isPartlyUnreadable)
      for (const ledger of whole) await this.targets.keep(ledger, pause)
      if (whole.length > 0 && !(await this.write([], pause))) return false
    }
    return true
  }

  private lags(id: string, { facts, seen }: LedgerEntry): boolean {
    return !this.targets.has(id) && !isWriter(facts) && this.removals.isFarBehind(seen)
  }

  private async write(sources: readonly LedgerReader[], pause: Pause): Promise<boolean> {
    const { keys, deadAfter, expire } = this.options
    const targets = await this.targets.changes(pause)
    const words: (string | Uint8Array)[] = []
    for (const { id, before, entry, change } of targets) {
      const pieces = new Pieces(change)
      const { ledgers, folded } = keys
      const place = { ledgersKey: ledgers, foldedKey: folded, pendingKey: keys.pending(id), ledger: id, base: before }
      await pieces.send(place, (...call) => this.ask(...call))
      words.push(id, String(before), entry, change.whole ? '1' : '0', ...pieces.words())
    }
    const all = [keys.ledgers, keys.beats, keys.state, keys.folded, keys.seats, keys.tombstones]
    for (const { id } of sources) all.push(...keys.of(id))
    for (const { id } of targets) all.push(...keys.of(id), keys.pending(id))
    const retention = retentionOf(deadAfter)
    const reply = await this.ask(foldScript, all, [
      ...[deadAfter, expire, retention, sources.length].map(String),
      ...sources.flatMap(({ id, version }) => [id, String(version)]),
      String(targets.length),
      ...words,
    ])
    const [verdict, folds] = listOf(reply)
    if (textOf(verdict) !== 'done') return false
    this.targets.written()
    this.reading.foldedItself(
      sources.map(({ id }) => id),
      Number(textOf(folds)),
    )
    return true
  }

  private async readOne(id: string, pause: Pause): Promise<LedgerReader | undefined> {
    return this.reading.entries.has(id) ? (await this.readLedgers([id], pause))[0] : undefined
  }

  /** Reads ledgers from Redis, without removed series; skips those that no longer exist. */
  private async readLedgers(ids: readonly string[], pause: Pause): Promise<LedgerReader[]> {
    const ledgers = await this.reading.read(ids, pause)
    await this.removals.mask(ledgers, pause)
    return ledgers
  }

  /**
   * Removes the heartbeats of dead writers that are not folded because their entries cannot be read or are in doubt.
   * Otherwise each flush would look for dead writers.
   */
  private async sweep(): Promise<void> {
    const { keys, deadAfter } = this.options
    const strange = [...this.left]
    for (const id of this.reading.unreadable.keys()) if (!this.reading.isLive(id)) strange.push(id)
    for (const [id, { facts }] of this.reading.entries)
      if (isInDoubt(facts, this.reading) && !this.reading.isLive(id)) strange.push(id)
    await this.ask(
      sweep,
      [keys.ledgers, keys.beats, keys.state, keys.seats],
      [String(deadAfter), String(mostSwept), ...strange.slice(0, mostSwept)],
    )
  }

  private get isOver(): boolean {
    return monotonicNow() >= this.ends
  }

  private async holdsLease(): Promise<boolean> {
    const { keys, expire } = this.options
    const words = [this.owner, String(leaseDuration), String(expire)]
    return Number(await this.ask(lease, [keys.state], words)) === 1
  }

  /** Whether another process has requested another round; releases the lease if not. */
  private async isToContinue(round: number): Promise<boolean> {
    const mayContinue = round < mostRounds && !this.isOver ? '1' : '0'
    return Number(await this.ask(release, [this.options.keys.state], [this.owner, mayContinue])) === 1
  }

  private ask(script: Script, keys: readonly string[], words: readonly (string | Uint8Array)[]): Promise<Reply> {
    return ask(this.options, script, keys, words)
  }
}

/** Returns the instances with a living writer. */
export function inhabited(service: Inhabitants): ReadonlySet<string> {
  const instances = new Set<string>()
  for (const [id, { facts }] of service.entries) if (service.isLive(id)) instances.add(facts.instance)
  return instances
}

/** Returns dead writers and the totals of instances without living writers, grouped by instance. */
export function sourcesIn(service: Inhabitants, instances: Instances): string[] {
  const sources: [instance: string, id: string][] = []
  for (const [id, { facts }] of service.entries) {
    const { kind, instance } = facts
    const left = isWriter(facts)
      ? !service.isLive(id) && !isInDoubt(facts, service)
      : kind === 'totals' && instance !== '' && !instances.has(instance)
    if (left) sources.push([instance, id])
  }
  return sources.sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, id]) => id)
}

/** Returns the number of ledgers in the next batch, because the ledgers of a service have similar sizes. */
function nextBatchSize(count: number, bytes: number): number {
  const fitting = Math.floor(mostBytes / Math.max(1, bytes / count))
  return Math.max(1, Math.min(mostSources, count * 4, fitting))
}
