import { held } from '../../platform/held.js'
import { backgroundSlice, Slices } from '../../platform/slices.js'
import { withProgress, withTimeout } from '../../platform/time-limit.js'
import { clearInterval, monotonicNow, setImmediate, setInterval, setTimeout } from '../../platform/timers.js'
import type { Pause, WriterSnapshot } from '../contract.js'
import { countedConnection, countFlush } from './counted-connection.js'
import { Emptied } from './emptied.js'
import type { LedgerEntry, LedgerRemoval } from './entry.js'
import { countsLost, flushFailed } from './flush-failed.js'
import { Flusher } from './flusher.js'
import type { Keys } from './keys.js'
import { ReplicaLag } from './replica-lag.js'
import type { ServiceOptions } from './service-options.js'
import { ServiceSnapshot, type ServiceSnapshotOptions } from './service-snapshot.js'
import { type ReadOutcome, ServiceSnapshots } from './service-snapshots.js'
import { ShardRemovals } from './shard-removals.js'
import { Shards } from './shards.js'
import { Upkeep } from './upkeep.js'

/** The work of a process for its service in Redis: it flushes, folds dead writers, and closes its own writer. */
export class Service {
  readonly flusher: Flusher
  readonly shards: Shards
  /** The shard of the writer. */
  shard: number
  /** Reads the service with the previous snapshots, which restores what Redis has lost. */
  restore: (() => Promise<unknown>) | undefined
  private readonly removals: ShardRemovals
  private readonly upkeep: Upkeep
  private timer: NodeJS.Timeout | undefined
  private keeping: NodeJS.Timeout | undefined
  private folding: Promise<void> | undefined
  private ending = false
  private keptAt = -Infinity
  private readonly emptied: Emptied
  private readonly lag: ReplicaLag
  /** Whether this process has folded the dead writers that its first flush found. */
  private looked = false
  private reachable = true
  private readonly beforeExit = (): void => void this.flushAtEnd()
  private readonly options: ServiceOptions

  constructor(options: ServiceOptions) {
    const connection = countedConnection(options.connection, options.count)
    this.options = { ...options, connection }
    const { settings, writer, flushed, carriesRemovals = false } = options
    const timeout = this.flushTimeout
    this.emptied = new Emptied(this.settle)
    this.lag = new ReplicaLag(settings.deadAfter, options.onError)
    this.shards = new Shards({ ...settings, connection, timeout })
    this.shard = this.shards.shardOf(writer)
    const ofFlusher = { ...this.snapshotOptions(this.shards.of(this.shard)), timeout, writer, onError: options.onError }
    const shard = (): number => this.shard
    this.flusher = new Flusher(this.shards.admitted(flushed, shard), ofFlusher)
    const carried = carriesRemovals ? this.shard : undefined
    const ofRemovals = { shards: this.shards, carried, connection, expire: settings.expire, timeout }
    this.removals = new ShardRemovals({ ...ofRemovals, onError: options.onError })
    this.upkeep = new Upkeep(this.shards, (each) => this.snapshotOptions(each))
  }

  private snapshotOptions(keys: Keys): ServiceSnapshotOptions {
    const { settings, connection, keepsSeats } = this.options
    const { deadAfter, expire, scrapeTimeout: timeout } = settings
    return { keys, connection, deadAfter, expire, settle: this.settle, timeout, keepsSeats: keepsSeats?.() }
  }

  /** Milliseconds in which living writers send their ledgers to a Redis that has come back empty. */
  private get settle(): number {
    const { flushInterval, scrapeTimeout } = this.options.settings
    return Math.min(1.5 * flushInterval, scrapeTimeout)
  }

  /** Switches to a ledger that other processes may have written, in its shard. */
  restart(writer: string, shard: number): void {
    this.shards.extend(shard + 1)
    this.shard = shard
    this.flusher.restart(writer, this.shards.of(shard))
  }

  start(): void {
    if (this.timer !== undefined || this.ending) return
    const { flushInterval, expire } = this.options.settings
    const tick = (): void => {
      // Not after `close()`, nor while a flush is waiting: a connecting socket keeps the process running.
      if (!this.ending && !this.flusher.isFlushing) void (this.options.tick ?? (() => this.flushNow(false)))()
    }
    this.timer = setInterval(tick, flushInterval).unref()
    // Living processes renew the keys of dead ones, so totals never expire while any process runs.
    this.keeping = setInterval(() => void this.keep(), Math.min(expire / 4, 2 ** 31 - 1)).unref()
    if (this.options.tick === undefined) process.on('beforeExit', this.beforeExit)
    setImmediate(tick).unref()
  }

  /** Milliseconds until a flush is sent again; includes the time to connect. */
  private get flushTimeout(): number {
    const { connectTimeout, commandTimeout } = this.options.settings
    return connectTimeout + commandTimeout
  }

  /**
   * Sends everything that was counted before the call, and keeps the process running until then; resolves to whether
   * Redis has it. The first flush that finds dead writers folds them, so killed jobs leave few keys.
   */
  flush(): Promise<boolean> {
    return held(this.flushNow(true))
  }

  /** Reports rejections to `onError`, once per outage of Redis. */
  async flushNow(awaited: boolean): Promise<boolean> {
    if (this.ending) return false
    try {
      this.shards.refresh(this.options.settings.deadAfter / 2)
      const announced = this.removals.settle()
      const { dead, keep } = await this.flusher.flush()
      this.reached()
      const kept = keep ? this.keep(this.shard) : undefined
      if ((dead > 0 || keep) && awaited && !this.looked) {
        const folded = dead > 0 ? this.fold() : undefined
        await withTimeout(Promise.all([kept, folded]), this.options.settings.closeTimeout).catch(() => {})
      } else if (dead > 0) this.foldSoon()
      if (dead === 0) this.looked = true
      return await announced
    } catch (cause) {
      this.failed(cause)
      return false
    }
  }

  /** Adds removals for all writers, in the shards that do not receive them with a flush. */
  announce(removals: readonly LedgerRemoval[]): void {
    this.removals.push(removals)
  }

  snapshots(): ServiceSnapshots {
    const { replica } = this.options
    return new ServiceSnapshots(this.shards, (keys) => new ServiceSnapshot({ ...this.snapshotOptions(keys), replica }))
  }

  /**
   * Flushes if `flushes` is set, and reads all writers in the same round trip; resolves to whether the flush succeeded,
   * and the first error.
   */
  async read(snapshots: ServiceSnapshots, flushes: boolean, pause: Pause): Promise<ReadOutcome> {
    let flushed = true
    // Both use the same connection, one after the other, so the reading sees what was flushed.
    const flushing = !flushes
      ? Promise.resolve()
      : withTimeout(this.flusher.flush(), this.options.settings.scrapeTimeout).catch(() => {
          flushed = false
        })
    const unread = !snapshots.areRead
    try {
      await snapshots.read(pause)
      await flushing
      if (unread && (await this.settles())) await snapshots.read(pause)
      // The reading came before the flush: the first flush of a writer, or a repeated one.
      const { writer, version } = this.flusher
      const readVersion = snapshots.ledger(writer)?.version
      // A replica with an earlier version is not read again, because this process shows its own counts from memory.
      const isToReread =
        this.options.replica === undefined
          ? readVersion !== version
          : readVersion === undefined || this.lag.isLate(snapshots.all[this.shard]?.lastFlush, this.flusher.answeredAt)
      if (flushes && flushed && isToReread) await snapshots.read(pause, true)
    } catch (cause) {
      await flushing
      // If the flush succeeded, another shard did not answer.
      if (!flushes || !flushed) this.reachable = false
      return { flushed: false, cause: flushFailed(cause) }
    }
    if (flushed) this.reached()
    else this.reachable = false
    // A process that scrapes once and ends renews the keys as well.
    if (this.keptAt + this.options.settings.expire / 4 < monotonicNow()) void this.keep()
    return { flushed }
  }

  /**
   * If Redis has just come back empty, waits until living writers have sent their ledgers: a scrape that has seen none
   * of them before would show too little. Resolves to whether it waited.
   */
  private async settles(): Promise<boolean> {
    this.followBorn()
    const { rest } = this.emptied
    if (rest <= 0) return false
    await new Promise((resolve) => setTimeout(resolve, rest))
    return true
  }

  /**
   * Renews the expiry of the keys; one of all processes that try at the same time does it.
   *
   * @param claimed the shard that a flush has assigned to this process
   */
  private async keep(claimed?: number): Promise<void> {
    this.keptAt = monotonicNow()
    try {
      const interval = this.options.settings.expire / 8
      if (await this.upkeep.keep(interval, new Slices(backgroundSlice), claimed)) this.foldSoon()
    } catch {
      // Redis is unavailable, which the next flush reports.
    }
  }

  private followBorn(): void {
    // This process restores what it has read, whether it is scraped or not.
    if (this.emptied.follow(this.flusher.born)) void this.restore?.().catch(() => {})
  }

  /** Called when Redis has answered a flush or a scrape. */
  private reached(): void {
    this.followBorn()
    if (!this.reachable) this.options.onRecovered?.('Redis accepts counts again')
    this.reachable = true
  }

  /** Returns the writers to show: those of the service, or of this instance. */
  writersToShow(snapshots: ServiceSnapshots): WriterSnapshot[] {
    const { scope, instance } = this.options.settings
    const writers = snapshots.snapshots(({ facts }: LedgerEntry) => scope === 'service' || facts.instance === instance)
    if (snapshots.hasDead()) this.foldSoon()
    return writers
  }

  /**
   * Prevents further work, and closes the writer.
   *
   * @param leaves whether the counts are added to the totals
   */
  async close(leaves: boolean): Promise<void> {
    this.ending = true
    clearInterval(this.timer)
    clearInterval(this.keeping)
    process.off('beforeExit', this.beforeExit)
    // A process that never started has nothing to undo.
    if (this.timer !== undefined && leaves) await held(this.signOff())
    this.flusher.close()
    if (this.timer !== undefined)
      await withTimeout(this.removals.settle(), this.options.settings.closeTimeout).catch(() => {})
    this.removals.end()
    await Promise.all([this.options.connection.close(), this.options.replica?.close()])
  }

  /** Flushes for the last time, and adds the counts of this writer to the totals, so no work is left for others. */
  private async signOff(): Promise<void> {
    const { closeTimeout } = this.options.settings
    try {
      countFlush(this.options.count, 'ok')
      await this.inTime(this.flusher.leave())
      // A fold that began earlier does not include this writer. If it takes too long, another process adds the counts.
      const folded = Promise.resolve(this.folding).then(() => this.fold())
      await withTimeout(folded, closeTimeout).catch(() => {})
    } catch (cause) {
      this.reachable = false
      this.options.onError(countsLost(cause))
    }
  }

  /** Flushes for the last time in a process whose numbers continue without it. */
  async lastFlush(): Promise<void> {
    await this.inTime(this.flusher.flush()).catch((cause) => this.failed(cause))
  }

  /** Waits for the last flush, at most `closeTimeout` while Redis acknowledges nothing. */
  private inTime(flushing: Promise<unknown>): Promise<unknown> {
    return withProgress(flushing, this.options.settings.closeTimeout, () => this.flusher.progress)
  }

  private async flushAtEnd(): Promise<void> {
    process.off('beforeExit', this.beforeExit)
    await held(this.signOff())
  }

  private foldSoon(): void {
    if (this.folding !== undefined || this.ending) return
    // A random delay: one of the processes that see a dead writer is the first.
    const wait = Math.random() * Math.min(1000, this.options.settings.flushInterval)
    setTimeout(() => void this.fold(), wait).unref()
  }

  private fold(): Promise<void> {
    this.folding ??= this.foldNow().finally(() => (this.folding = undefined))
    return this.folding
  }

  private async foldNow(): Promise<void> {
    try {
      const time = this.ending ? this.options.settings.closeTimeout / 2 : Number.POSITIVE_INFINITY
      await this.upkeep.fold(this.shard, new Slices(backgroundSlice), time, this.ending || !this.looked)
      this.looked = true
    } catch (cause) {
      if (this.reachable && !this.ending) this.options.onError(flushFailed(cause))
    }
  }

  private failed(cause: unknown): void {
    if (this.reachable) this.options.onError(flushFailed(cause))
    this.reachable = false
  }
}
