import type { FamilyDescriptor } from '../../model/descriptor.js'
import { MetricsError } from '../../model/errors.js'
import type { LabelFilter } from '../../model/series-key.js'
import { held } from '../../platform/held.js'
import { backgroundSlice, Slices } from '../../platform/slices.js'
import {
  type Backend,
  type BackendContext,
  type Pause,
  removeMany,
  type Source,
  type SourceReading,
  type Store,
  type WriterSnapshot,
} from '../contract.js'
import { filtersByTarget, removalTargetOf } from '../core/removal-index.js'
import { announcing } from './announcing-store.js'
import type { LedgerRemoval, WriterFacts } from './entry.js'
import { type Elsewhere, HostImage } from './host-image.js'
import { type HostNote, type HostPlace, leadFailed, noteFrom, wholeOf } from './host-place.js'
import { inTurn } from './in-turn.js'
import { partsOfSeat } from './ledger-reader.js'
import type { RedisBackendSettings } from './options.js'
import type { ScriptConnection } from './script.js'
import { Service } from './service.js'
import { ServiceSnapshots } from './service-snapshots.js'
import { sourceOf } from './service-source.js'

const nothing = { id: '', version: 0 }
const noPause: Pause = { due: () => false, rest: async () => {} }

/** The processes of a host count in a directory, and one of them flushes for all: Redis sees hosts, not processes. */
export class HostBackend implements Backend {
  readonly name = 'redis'
  readonly shared = true
  private readonly service: Service
  private readonly startedAt = Date.now() / 1000
  private readonly stores = new WeakMap<Store, Store>()
  private place: HostPlace | undefined
  private local: Pick<Source, 'read'> | undefined
  private context: BackendContext | undefined
  private image = new HostImage()
  /** The run that this process flushes; undefined while another process does. */
  private leading: string | undefined
  /** The version of the host's ledger when its numbers were last shown from the directory. */
  private dark: { readonly id: string; readonly version: number } | undefined
  /** The other writers, when the host's ledger was last seen with them. */
  private others: readonly WriterSnapshot[] | undefined
  /** Whether series were removed since the directory was read. */
  private stale = false
  private freshening: Promise<void> | undefined
  private closing: Promise<void> | undefined
  private cannotLead = false

  /** @param placeOf creates the place, once the callback for faults is known */
  constructor(
    private readonly settings: RedisBackendSettings,
    connection: ScriptConnection,
    private readonly placeOf: (context: BackendContext) => HostPlace,
    replica?: ScriptConnection,
  ) {
    const image = (): HostImage => this.image
    const changing = (): Promise<void> | undefined => this.changing
    this.service = new Service({
      settings,
      connection,
      replica,
      writer: '',
      flushed: {
        get ledger() {
          return image().ledger
        },
        get changing() {
          return changing()
        },
        unsent: [],
        facts: () => this.facts(),
        removed: (removals) => this.removed(removals),
        folded: (next) => this.folded(next),
      },
      onError: (error) => this.context?.onError(error),
      onRecovered: (text) => this.context?.onRecovered?.(text),
      count: (metric, amount) => this.context?.count?.(metric, amount),
      tick: () => this.flushNow(false),
    })
  }

  begin(context: BackendContext): void {
    this.context = context
    this.place = this.placeOf(context)
    // A process that counts nothing, such as one that only answers scrapes, keeps the keys of the service from expiring too.
    this.service.start()
  }

  openStore(): Store {
    this.service.start()
    const under = this.place!.backend.openStore()
    let store = this.stores.get(under)
    if (store === undefined)
      this.stores.set(under, (store = announcing(under, (family, filters) => this.announce(family, filters))))
    return store
  }

  openSource(): Source {
    this.service.start()
    return sourceOf(this.service, (snapshots, pause) => this.read(snapshots, pause), true)
  }

  /**
   * Sends the counts of all processes of the host if this process flushes for them. Otherwise the counts are in the
   * directory, and another process sends them within an interval. Resolves to false if Redis did not take them.
   */
  flush(): Promise<boolean> {
    return held(this.flushNow(true))
  }

  private async flushNow(awaited: boolean): Promise<boolean> {
    if (this.closing !== undefined) return false
    try {
      if (!(await this.follow({ pause: new Slices(backgroundSlice) }))) return true
    } catch (cause) {
      // An uncaught error in this timer would end the application.
      const text = `what the host has counted could not be read (${cause}): it is sent when it can be`
      this.context?.onError(new MetricsError('FLUSH_FAILED', text, { cause }))
      return false
    }
    return this.service.flushNow(awaited)
  }

  close(): Promise<void> {
    this.closing ??= held(this.leave())
    return this.closing
  }

  private async leave(): Promise<void> {
    if (this.place === undefined) return
    // This process leaves the directory first, and then flushes for all: its totals stay, its live values go.
    this.here()
    // This process may end before it has flushed for its host even once.
    const run = this.leading ?? this.runToLead()
    await this.place.backend.close?.()
    if (run !== undefined) {
      await this.follow({ pause: noPause, run })
      await this.service.lastFlush()
    }
    this.place.leave()
    await this.service.close(false)
  }

  /**
   * Updates the image from the directory if this process flushes for its host; resolves to whether it does. Calls run
   * one after the other, so each sees everything that was counted before it.
   */
  private readonly follow = inTurn(async (how: { readonly pause: Pause; readonly run?: string }): Promise<boolean> => {
    const { pause, run = this.runToLead() } = how
    this.stale = false
    this.freshening = undefined
    if (run === undefined) this.leading = undefined
    else if (run === this.leading) await this.image.update(wholeOf(await this.here().read(pause)), pause)
    else await this.takeOver(run, pause)
    return run !== undefined
  })

  /**
   * Defined while the image must not be sent. Redis treats what is sent after a removal as counted after it, so the
   * directory is read again first.
   */
  private get changing(): Promise<void> | undefined {
    if (this.stale) {
      this.freshening ??= this.follow({ pause: new Slices(backgroundSlice) }).then(
        () => {},
        () => {},
      )
    }
    return this.freshening ?? this.image.updating
  }

  /** Returns the run that this process must flush for its host. */
  private runToLead(): string | undefined {
    const place = this.place!
    try {
      this.here()
      const leads = place.leads()
      this.cannotLead = false
      return leads ? place.runId() : undefined
    } catch (cause) {
      // Reported once until it works again, because this runs at every interval.
      if (!this.cannotLead) this.context?.onError(leadFailed(this.settings.instance, cause))
      this.cannotLead = true
      return undefined
    }
  }

  /** Reads the directory. Flushes and scrapes do so one after the other. */
  private here(): Pick<Source, 'read'> {
    if (this.local === undefined) {
      const source = this.place!.backend.openSource()
      this.local = { read: inTurn((pause: Pause) => source.read(pause)) }
    }
    return this.local
  }

  /**
   * Continues the ledger that another process has written. Nothing is flushed while the new image is being built,
   * because Redis would take missing values for zeros.
   */
  private async takeOver(run: string, pause: Pause): Promise<void> {
    const image = new HostImage()
    const ledger = this.ledgerOf(run)
    const { writer = ledger, elsewhere = [], shard = this.service.shards.shardOf(ledger) } = this.noteOf(ledger)
    image.count(elsewhere)
    await image.update(wholeOf(await this.here().read(pause)), pause)
    this.image = image
    this.service.restart(writer, shard)
    this.leaveNote(writer, elsewhere)
    this.leading = run
  }

  private noteOf(ledger: string): HostNote {
    return noteFrom(this.place!.note(), ledger)
  }

  /** Leaves the ledger and its shard to the next leader of the host, however many shards it is configured for. */
  private leaveNote(writer: string, elsewhere: Elsewhere): void {
    try {
      this.place!.leaveNote(JSON.stringify({ writer, elsewhere, shard: this.service.shard }))
    } catch (cause) {
      const text = `what the next process that flushes for ${this.settings.instance} must know could not be written (${cause})`
      this.context?.onError(new MetricsError('FLUSH_FAILED', text, { cause }))
    }
  }

  /** Host and run: the same for every process of the host, and different after a new run begins. */
  private ledgerOf(run: string): string {
    return `host:${this.settings.instance}:${run}`
  }

  private async read(snapshots: ServiceSnapshots, pause: Pause): Promise<SourceReading> {
    const leads = await this.follow({ pause })
    const { flushed, cause } = await this.service.read(snapshots, leads, pause)
    const errors = cause === undefined ? [] : [cause]
    const writers = this.service.writersToShow(snapshots)
    const run = this.place!.runId()
    const isOwn = (id: string): boolean => run !== undefined && id.startsWith(this.ledgerOf(run))
    const [hostLedger, shard] = snapshots.find(isOwn)
    const others = writers.filter(({ writer }) => !isOwn(writer))
    // If the host was taken for dead, the totals include its numbers until its ledger begins again. Until then, the
    // writers from before are shown together with the directory.
    if (hostLedger !== undefined || this.others === undefined) this.others = others
    // Once the directory has shown newer numbers than Redis, it is shown until Redis has them as well.
    if (hostLedger !== undefined && !flushed) this.dark = { id: hostLedger.id, version: hostLedger.version }
    else if (hostLedger === undefined) this.dark ??= nothing
    else if (this.dark !== undefined && (hostLedger.id !== this.dark.id || hostLedger.version > this.dark.version))
      this.dark = undefined
    if (this.dark === undefined) return { writers, errors, reachable: flushed }
    const first = (hostLedger?.entry?.seat ?? 1) * partsOfSeat
    const local = await this.here().read(pause)
    const here = local.writers.map((writer) => ({
      ...writer,
      seat: ServiceSnapshots.seat(shard, first + writer.seat),
      process: `${this.settings.instance}-${writer.process ?? writer.seat}`,
    }))
    const { incomplete } = local
    return { writers: [...this.others, ...here], errors: [...local.errors, ...errors], reachable: flushed, incomplete }
  }

  private facts(): WriterFacts {
    const { instance } = this.settings
    const parts = this.image.parts.map((part) => ({ ...part, process: `${instance}-${part.process ?? part.part}` }))
    return { kind: 'host', instance, startedAt: this.startedAt, epoch: 1, parts }
  }

  private announce({ registry, name }: FamilyDescriptor, filters: readonly LabelFilter[]): void {
    // The author is not the host's ledger itself, which has the removed series until the next flush.
    const author = `${this.ledgerOf(this.place!.runId() ?? '')} removes`
    this.service.announce(filters.map((labels) => ({ author, registry, name, labels })))
  }

  /** Carries out removals of other hosts; those of this host are carried out already. */
  private removed(removals: readonly LedgerRemoval[]): void {
    this.stale = true
    const ledgerPrefix = this.ledgerOf(this.leading ?? '')
    const others = removals.filter(({ author }) => !author.startsWith(ledgerPrefix))
    if (others.length === 0) return
    const store = this.place!.backend.openStore()
    const filters = filtersByTarget(others)
    for (const family of new Set([...this.image.ledger.families.values()].map((known) => known.family))) {
      const labels = filters.get(removalTargetOf(family))
      if (labels !== undefined) removeMany(store, family, labels, 'application')
    }
  }

  private folded(writer: string): void {
    if (!this.image.known) {
      const text = `no process flushed for ${this.settings.instance} for longer than deadAfter, nor this one before: what was counted meanwhile is not shown`
      this.context?.onError(new MetricsError('FLUSH_FAILED', text))
    }
    this.leaveNote(writer, this.image.forgetSent())
  }
}
