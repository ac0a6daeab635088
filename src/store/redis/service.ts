import { MetricsError } from '../../model/errors.js'
import { keepRunning } from '../../runtime/keep-running.js'
import { backgroundSlice, Slices } from '../../runtime/slices.js'
import { withTimeout } from '../../runtime/time-limit.js'
import { clearInterval, monotonicNow, setImmediate, setInterval, setTimeout } from '../../runtime/timers.js'
import type { Pause, WriterSnapshot } from '../backend.js'
import { type Count, countedConnection } from './counted-connection.js'
import { type LedgerEntry, type Removal, removalText } from './entry.js'
import { type Flushed, Flusher } from './flusher.js'
import { Folding } from './fold.js'
import { Keys } from './keys.js'
import type { RedisSettings } from './options.js'
import { remove } from './removal-scripts.js'
import type { Connection } from './script.js'
import { Shelf, type ShelfOptions } from './shelf.js'

/** Milliseconds until a flush is sent again, and until a scrape shows what is known without Redis. */
const flushPatience = 5_000
const scrapePatience = 2_000
/** Milliseconds that a flush, or the end of a process, waits for what dead writers left to be added to the totals. */
const foldPatience = 2_000

export interface ServiceOptions {
  readonly settings: RedisSettings
  readonly connection: Connection
  readonly writer: string
  readonly flushed: Flushed
  readonly onError: (error: MetricsError) => void
  /** Called when Redis accepts counts again after it did not. */
  readonly onRecovered?: (text: string) => void
  /** Counts what this process sends. */
  readonly count?: Count
  /** Done at every interval instead of flushing; it flushes for others, whose numbers go on without this process. */
  readonly tick?: () => Promise<unknown>
}

/** What a process does for its service in Redis: flushes, looks after the dead, and says goodbye. */
export class Service {
  readonly flusher: Flusher
  private readonly shelfOptions: ShelfOptions
  private timer: NodeJS.Timeout | undefined
  private keeping: NodeJS.Timeout | undefined
  private folding: Promise<void> | undefined
  private ending = false
  private keptAt = -Infinity
  /** Whether this process has seen to the dead writers that its first flush found. */
  private looked = false
  private reachable = true
  private readonly beforeExit = (): void => void this.flushAtEnd()

  constructor(private readonly options: ServiceOptions) {
    const { settings, writer, flushed, count = () => {} } = options
    const connection = countedConnection(options.connection, count)
    const { keyPrefix, deadAfter, expire } = settings
    this.shelfOptions = { keys: new Keys(keyPrefix), connection, deadAfter, expire, patience: scrapePatience }
    this.flusher = new Flusher(flushed, { ...this.shelfOptions, patience: flushPatience, writer })
  }

  start(): void {
    if (this.timer !== undefined || this.ending) return
    const { flushInterval, expire } = this.options.settings
    const tick = (): void => {
      // An immediate cannot be cleared before it is known to run: nothing begins after `close()`.
      if (!this.ending) void (this.options.tick ?? (() => this.flushNow(false)))()
    }
    this.timer = setInterval(tick, flushInterval).unref()
    // The keys of the dead are kept by the living: the totals of a service never expire while any of it runs.
    this.keeping = setInterval(() => void this.keep(), Math.min(expire / 4, 2 ** 31 - 1)).unref()
    if (this.options.tick === undefined) process.on('beforeExit', this.beforeExit)
    setImmediate(tick).unref()
  }

  /**
   * Sends what was counted before the call, and keeps the process running until then; gives whether Redis has it. The
   * first flush of a process that finds dead writers adds what they left to the totals as well: so jobs that are killed
   * right after it leave no more keys from one to the next.
   */
  flush(): Promise<boolean> {
    return keepRunning(this.flushNow(true))
  }

  /** Rejections go to `onError`, once for each time that Redis goes away. */
  async flushNow(awaited: boolean): Promise<boolean> {
    if (this.ending) return false
    try {
      const { dead, keep } = await this.flusher.flush()
      this.reached()
      if (keep) void this.keep(true)
      if (dead > 0 && awaited && !this.looked) await withTimeout(this.fold(), foldPatience).catch(() => {})
      else if (dead > 0) this.foldSoon()
      else this.looked = true
      return true
    } catch (cause) {
      this.failed(cause)
      return false
    }
  }

  /** Adds removals for all writers, apart from any flush. */
  async announce(removals: readonly Removal[]): Promise<void> {
    const { keys, connection, expire } = this.shelfOptions
    await withTimeout(
      connection.run(remove, [keys.state, keys.removals], [...removals.map(removalText), String(expire)]),
      flushPatience,
    )
  }

  shelf(): Shelf {
    return new Shelf(this.shelfOptions)
  }

  /**
   * Flushes where `flushes` says so, and reads everybody in the same round trip; gives whether either failed.
   */
  async read(shelf: Shelf, flushes: boolean, pause: Pause): Promise<{ flushed: boolean; cause?: MetricsError }> {
    let flushed = true
    // One after the other on the same way: the reading sees what was flushed.
    const flushing = !flushes
      ? Promise.resolve()
      : withTimeout(this.flusher.flush(), scrapePatience).catch(() => {
          flushed = false
        })
    try {
      await shelf.read(pause)
      await flushing
      // It came before what was flushed: the first flush of a writer, or one that began again.
      const { writer, version } = this.flusher
      if (flushes && flushed && shelf.ledgers.get(writer)?.version !== version) await shelf.read(pause)
    } catch (cause) {
      await flushing
      this.reachable = false
      return { flushed: false, cause: this.unreachable(cause) }
    }
    if (flushed) this.reached()
    else this.reachable = false
    // A process that scrapes once and ends keeps the keys as well.
    if (this.keptAt + this.options.settings.expire / 4 < monotonicNow()) void this.keep()
    return { flushed }
  }

  /**
   * Keeps the keys from expiring: of all processes that do so within an interval, one does it.
   *
   * @param isClaimed whether it is known that this process is the one
   */
  private async keep(isClaimed = false): Promise<void> {
    this.keptAt = monotonicNow()
    try {
      const shelf = this.shelf()
      if (!isClaimed && !(await shelf.claimsKeeping(this.options.settings.expire / 8))) return
      await shelf.read(new Slices(backgroundSlice), () => false)
      await shelf.keep()
      if (shelf.hasDead() || shelf.hasLagging()) this.foldSoon()
    } catch {
      // Redis is away, which the next flush reports.
    }
  }

  /** Redis has answered a flush or a scrape, whichever came first. */
  private reached(): void {
    if (!this.reachable) this.options.onRecovered?.('Redis accepts counts again')
    this.reachable = true
  }

  /** What the shelf shows of the service, or of the own instance. */
  shown(shelf: Shelf): WriterSnapshot[] {
    const { scope, instance } = this.options.settings
    const writers = shelf.snapshots(({ facts }: LedgerEntry) => scope === 'service' || facts.instance === instance)
    if (shelf.hasDead()) this.foldSoon()
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
    if (this.timer !== undefined && leaves) await keepRunning(this.goodbye((cause) => this.failed(cause)))
    this.flusher.close()
    await this.options.connection.close()
  }

  /** The last flush; then what this writer counted is added to the totals, and nothing is left for others to do. */
  private async goodbye(failed: (cause: unknown) => void): Promise<void> {
    try {
      await withTimeout(this.flusher.leave(), flushPatience)
      // A fold that began before does not have this writer. Where it takes too long, another process does it.
      await withTimeout(
        Promise.resolve(this.folding).then(() => this.fold()),
        foldPatience,
      ).catch(() => {})
    } catch (cause) {
      failed(cause)
    }
  }

  /** The loop is empty. */
  private async flushAtEnd(): Promise<void> {
    process.off('beforeExit', this.beforeExit)
    await keepRunning(this.goodbye(() => {}))
  }

  /** Some time soon: where many see that somebody died, one of them is the first. */
  private foldSoon(): void {
    if (this.folding !== undefined || this.ending) return
    const wait = Math.random() * Math.min(1000, this.options.settings.flushInterval)
    setTimeout(() => void this.fold(), wait).unref()
  }

  private fold(): Promise<void> {
    this.folding ??= this.foldNow().finally(() => {
      this.folding = undefined
    })
    return this.folding
  }

  private async foldNow(): Promise<void> {
    try {
      const time = this.ending ? foldPatience / 2 : Number.POSITIVE_INFINITY
      await new Folding(this.shelfOptions).run(new Slices(backgroundSlice), time)
      this.looked = true
    } catch (cause) {
      // Somebody else does it, or the next time.
      if (this.reachable && !this.ending) this.options.onError(this.unreachable(cause))
    }
  }

  private failed(cause: unknown): void {
    if (this.reachable) this.options.onError(this.unreachable(cause))
    this.reachable = false
  }

  private unreachable(cause: unknown): MetricsError {
    if (cause instanceof MetricsError) return cause
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `Redis did not take what was counted (${why}): counting goes on, and it is sent when Redis is back`
    return new MetricsError('FLUSH_FAILED', text, { cause })
  }
}
