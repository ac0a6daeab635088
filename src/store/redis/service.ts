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

/** What a process does for its service in Redis: flushes, folds dead writers, and closes its own. */
export class Service {
  readonly flusher: Flusher
  readonly shards: Shards
  /** The shard of the writer. */
  shard: number
  /** Reads the service as it was seen before, and so restores what Redis has lost of it. */
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
  /** Whether this process has seen to the dead writers that its first flush found. */
  private looked = false
  private reachable = true
  private readonly beforeExit = (): void => void this.flushAtEnd()
  private readonly options: ServiceOptions

  constructor(given: ServiceOptions) {
    const connection = countedConnection(given.connection, given.count)
    this.options = { ...given, connection }
    const { settings, writer, flushed, carriesRemovals = false } = given
    const timeout = this.flushTimeout
    this.emptied = new Emptied(this.settle)
    this.lag = new ReplicaLag(settings.deadAfter, given.onError)
    this.shards = new Shards({ ...settings, connection, timeout })
    this.shard = this.shards.shardOf(writer)
    const ofFlusher = { ...this.snapshotOptions(this.shards.of(this.shard)), timeout, writer, onError: given.onError }
    const shard = (): number => this.shard
    this.flusher = new Flusher(this.shards.admitted(flushed, shard), ofFlusher)
    const carried = carriesRemovals ? this.shard : undefined
    const ofRemovals = { shards: this.shards, carried, connection, expire: settings.expire, timeout }
    this.removals = new ShardRemovals({ ...ofRemovals, onError: given.onError })
    this.upkeep = new Upkeep(this.shards, (each) => this.snapshotOptions(each))
  }

  private snapshotOptions(keys: Keys): ServiceSnapshotOptions {
    const { settings, connection } = this.options
    const { deadAfter, expire, scrapeTimeout } = settings
    return { keys, connection, deadAfter, expire, settle: this.settle, timeout: scrapeTimeout }
  }

  /** Milliseconds in which the living send what they have to a Redis that has come back empty. */
  private get settle(): number {
    const { flushInterval, scrapeTimeout } = this.options.settings
    return Math.min(1.5 * flushInterval, scrapeTimeout)
  }

  /** Writes a ledger from now on that others may have written before, in the shard that it is in. */
  restart(writer: string, shard: number): void {
    this.shards.extend(shard + 1)
    this.shard = shard
    this.flusher.restart(writer, this.shards.of(shard))
  }

  start(): void {
    if (this.timer !== undefined || this.ending) return
    const { flushInterval, expire } = this.options.settings
    const tick = (): void => {
      // Nothing begins after `close()`. A flush that waits is enough: a socket that connects keeps the process running.
      if (!this.ending && !this.flusher.isFlushing) void (this.options.tick ?? (() => this.flushNow(false)))()
    }
    this.timer = setInterval(tick, flushInterval).unref()
    // The keys of the dead are kept by the living: the totals of a service never expire while any of it runs.
    this.keeping = setInterval(() => void this.keep(), Math.min(expire / 4, 2 ** 31 - 1)).unref()
    if (this.options.tick === undefined) process.on('beforeExit', this.beforeExit)
    setImmediate(tick).unref()
  }

  /** Milliseconds until a flush is sent again: long enough to connect as well. */
  private get flushTimeout(): number {
    const { connectTimeout, commandTimeout } = this.options.settings
    return connectTimeout + commandTimeout
  }

  /**
   * Sends what was counted before the call, and keeps the process running until then; gives whether Redis has it. The
   * first flush that finds dead writers adds what they left to the totals as well: jobs that are killed leave few keys.
   */
  flush(): Promise<boolean> {
    return held(this.flushNow(true))
  }

  /** Rejections go to `onError`, once for each time that Redis goes away. */
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
   * Flushes where `flushes` says so, and reads all writers in the same round trip; returns whether either failed.
   */
  async read(snapshots: ServiceSnapshots, flushes: boolean, pause: Pause): Promise<ReadOutcome> {
    let flushed = true
    // One after the other on the same way: the reading sees what was flushed.
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
      // It came before what was flushed: the first flush of a writer, or one that began again.
      const { writer, version } = this.flusher
      const own = snapshots.ledger(writer)?.version
      // A replica that has an earlier version is not asked again: what this process has counted is shown from its memory.
      const isToReread =
        this.options.replica === undefined
          ? own !== version
          : own === undefined || this.lag.isLate(snapshots.all[this.shard]?.lastFlush, this.flusher.answeredAt)
      if (flushes && flushed && isToReread) await snapshots.read(pause, true)
    } catch (cause) {
      await flushing
      // Where the flush was taken, another shard did not answer.
      if (!flushes || !flushed) this.reachable = false
      return { flushed: false, cause: flushFailed(cause) }
    }
    if (flushed) this.reached()
    else this.reachable = false
    // A process that scrapes once and ends keeps the keys as well.
    if (this.keptAt + this.options.settings.expire / 4 < monotonicNow()) void this.keep()
    return { flushed }
  }

  /**
   * Where Redis has just come back empty, waits until the living have sent what they have: a scrape that has seen none of
   * them before would show too little. Gives whether it waited.
   */
  private async settles(): Promise<boolean> {
    this.followBorn()
    const { rest } = this.emptied
    if (rest <= 0) return false
    await new Promise((resolve) => setTimeout(resolve, rest))
    return true
  }

  /**
   * Keeps the keys from expiring; of all processes that do so at the same time, one does it.
   *
   * @param claimed the shard that a flush has given to this process
   */
  private async keep(claimed?: number): Promise<void> {
    this.keptAt = monotonicNow()
    try {
      const interval = this.options.settings.expire / 8
      if (await this.upkeep.keep(interval, new Slices(backgroundSlice), claimed)) this.foldSoon()
    } catch {
      // Redis is away, which the next flush reports.
    }
  }

  private followBorn(): void {
    // What this process has seen is restored whether it is scraped or not.
    if (this.emptied.follow(this.flusher.born)) void this.restore?.().catch(() => {})
  }

  /** Redis has answered a flush or a scrape, whichever came first. */
  private reached(): void {
    this.followBorn()
    if (!this.reachable) this.options.onRecovered?.('Redis accepts counts again')
    this.reachable = true
  }

  /** What the snapshots show of the service, or of the own instance. */
  shown(snapshots: ServiceSnapshots): WriterSnapshot[] {
    const { scope, instance } = this.options.settings
    const writers = snapshots.snapshots(({ facts }: LedgerEntry) => scope === 'service' || facts.instance === instance)
    if (snapshots.hasDead()) this.foldSoon()
    return writers
  }

  /**
   * Nothing begins from now on.
   *
   * @param leaves whether what was counted goes to the totals
   */
  async close(leaves: boolean): Promise<void> {
    this.ending = true
    clearInterval(this.timer)
    clearInterval(this.keeping)
    process.off('beforeExit', this.beforeExit)
    // A process that never began has nothing to take back.
    if (this.timer !== undefined && leaves) await held(this.signOff())
    this.flusher.close()
    if (this.timer !== undefined)
      await withTimeout(this.removals.settle(), this.options.settings.closeTimeout).catch(() => {})
    this.removals.end()
    await Promise.all([this.options.connection.close(), this.options.replica?.close()])
  }

  /** The last flush; then what this writer counted is added to the totals, and nothing is left for others to do. */
  private async signOff(): Promise<void> {
    const { closeTimeout } = this.options.settings
    try {
      countFlush(this.options.count, 'ok')
      await this.inTime(this.flusher.leave())
      // A fold that began before does not have this writer. Where it takes too long, another process does it.
      const folded = Promise.resolve(this.folding).then(() => this.fold())
      await withTimeout(folded, closeTimeout).catch(() => {})
    } catch (cause) {
      this.reachable = false
      this.options.onError(countsLost(cause))
    }
  }

  /** The last flush of a process that does not leave the service. */
  async lastFlush(): Promise<void> {
    await this.inTime(this.flusher.flush()).catch((cause) => this.failed(cause))
  }

  /** Waits for the last flush: for `closeTimeout` at most while Redis acknowledges nothing. */
  private inTime(flushing: Promise<unknown>): Promise<unknown> {
    return withProgress(flushing, this.options.settings.closeTimeout, () => this.flusher.progress)
  }

  private async flushAtEnd(): Promise<void> {
    process.off('beforeExit', this.beforeExit)
    await held(this.signOff())
  }

  private foldSoon(): void {
    if (this.folding !== undefined || this.ending) return
    // Of many that see a dead writer, one is the first.
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
