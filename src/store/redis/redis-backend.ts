import { randomUUID } from 'node:crypto'
import { threadId } from 'node:worker_threads'
import { MetricsError } from '../../model/errors.js'
import type { Backend, Pause, Source, SourceReading, Store, Surroundings, WriterSnapshot } from '../backend.js'
import type { Facts, LedgerEntry } from './entry.js'
import { Flusher, within } from './flusher.js'
import { Folding } from './fold.js'
import { Keys } from './keys.js'
import { type RedisOptions, type RedisSettings, settingsOf } from './options.js'
import { RedisStore } from './redis-store.js'
import type { Connection } from './script.js'
import { Shelf, type ShelfOptions } from './shelf.js'

/** Milliseconds until a flush is sent again, and until a scrape shows what is known without Redis. */
const flushPatience = 5_000
const scrapePatience = 2_000
/** Milliseconds that a process which ends waits for its last flush. */
const lastPatience = 2_000

/** Processes of any number of hosts, sharing a Redis. */
export class RedisBackend implements Backend {
  readonly name = 'redis'
  readonly shared = true
  private readonly settings: RedisSettings
  private readonly shelfOptions: ShelfOptions
  private readonly connection: Connection
  private readonly store: RedisStore
  private readonly flusher: Flusher
  private readonly startedAt = Date.now() / 1000
  private surroundings: Surroundings | undefined
  private timer: NodeJS.Timeout | undefined
  private keeping: NodeJS.Timeout | undefined
  private folding: Promise<void> | undefined
  private closing: Promise<void> | undefined
  private reachable = true
  private readonly beforeExit = (): void => void this.flushAtEnd()

  /** @throws MetricsError `OPTION_INVALID` */
  constructor(options: RedisOptions, connect: (options: RedisOptions) => Connection) {
    this.settings = settingsOf(options)
    const { keyPrefix, deadAfter, expire, instance } = this.settings
    const keys = new Keys(keyPrefix)
    this.connection = connect(options)
    this.shelfOptions = { keys, connection: this.connection, deadAfter, expire }
    const writer = `${instance}-${process.pid}-${threadId}~${randomUUID()}`
    const store = new RedisStore({
      writer,
      onRemoved: (family, key) => this.surroundings?.onRemoved(family, key),
      flush: () => this.flush(),
    })
    this.store = store
    this.flusher = new Flusher(
      {
        ledger: store.ledger,
        untold: store.untold,
        facts: () => this.facts(),
        removed: (removal) => store.removed(removal),
        folded: (next) => {
          store.writer = next
          store.forgetSent()
        },
      },
      { keys, connection: this.connection, deadAfter, expire, patience: flushPatience, writer },
    )
  }

  begin(surroundings: Surroundings): void {
    this.surroundings = surroundings
  }

  openStore(): Store {
    this.start()
    return this.store
  }

  openSource(): Source {
    this.start()
    const shelf = new Shelf(this.shelfOptions)
    let last: Promise<unknown> = Promise.resolve()
    return {
      read: (pause) => {
        const reading = last.then(() => this.read(shelf, pause))
        last = reading.catch(() => {})
        return reading
      },
      close() {},
    }
  }

  /**
   * Sends what was counted; gives whether Redis has it. Never rejects: what could not be sent is sent later, and told to
   * `onError`, once for each time that Redis goes away.
   */
  async flush(): Promise<boolean> {
    try {
      const dead = await this.flusher.flush()
      this.reachable = true
      if (dead > 0) this.foldSoon()
    } catch (cause) {
      if (this.reachable) this.surroundings?.onError(this.unreachable(cause))
      this.reachable = false
    }
    return this.reachable
  }

  /** Sends what was counted, and says goodbye. Await it before the process ends. */
  close(): Promise<void> {
    this.closing ??= this.leave()
    return this.closing
  }

  private start(): void {
    if (this.timer !== undefined || this.closing !== undefined) return
    const { flushInterval, expire } = this.settings
    this.timer = setInterval(() => void this.flush(), flushInterval).unref()
    // The keys of the dead are kept by the living: the totals of a service never expire while any of it runs.
    this.keeping = setInterval(() => void this.fold(), Math.min(expire / 4, 2 ** 31 - 1)).unref()
    process.on('beforeExit', this.beforeExit)
    setImmediate(() => void this.flush()).unref()
  }

  private async leave(): Promise<void> {
    clearInterval(this.timer)
    clearInterval(this.keeping)
    process.off('beforeExit', this.beforeExit)
    // Nobody began: there is nothing to say goodbye to.
    if (this.timer !== undefined) {
      await this.goodbye((cause) => this.surroundings?.onError(this.unreachable(cause)))
    }
    await this.connection.close()
  }

  /** The last flush; then what this writer counted is added to the totals, and nothing is left for others to do. */
  private async goodbye(failed: (cause: unknown) => void): Promise<void> {
    // Nothing else may keep the process running by now: it is held, and not for long.
    const held = setTimeout(() => {}, lastPatience)
    try {
      await within(
        this.flusher.leave().then(() => this.fold()),
        lastPatience,
      )
    } catch (cause) {
      failed(cause)
    } finally {
      clearTimeout(held)
    }
  }

  /** The loop is empty. */
  private async flushAtEnd(): Promise<void> {
    process.off('beforeExit', this.beforeExit)
    await this.goodbye(() => {})
  }

  private async read(shelf: Shelf, pause: Pause): Promise<SourceReading> {
    let flushed = true
    // One after the other on the same way: the reading sees what was flushed.
    const flushing = within(this.flusher.flush(), scrapePatience).catch(() => (flushed = false))
    try {
      await within(shelf.read(), scrapePatience)
      await flushing
      // The reading came before what was flushed: the first flush of a writer, or one that began again.
      if (flushed && shelf.ledgers.get(this.flusher.writer)?.version !== this.flusher.version) await shelf.read()
    } catch (cause) {
      await flushing
      this.reachable = false
      return { writers: this.withOwn(this.shown(shelf)), errors: [this.unreachable(cause)], reachable: false }
    }
    this.reachable = flushed
    const writers = this.shown(shelf)
    if (writers.some(({ live, seat }) => !live && seat > 0)) this.foldSoon()
    if (pause.due()) await pause.rest()
    return { writers: flushed ? writers : this.withOwn(writers), errors: [], reachable: flushed }
  }

  private shown(shelf: Shelf): WriterSnapshot[] {
    const { scope, instance } = this.settings
    return shelf.snapshots(({ facts }: LedgerEntry) => scope === 'service' || facts.instance === instance)
  }

  /** What this process has counted, in place of what Redis last had of it. */
  private withOwn(writers: readonly WriterSnapshot[]): WriterSnapshot[] {
    const { writer, seat } = this.flusher
    const { startedAt } = this
    const own = this.store.ledger.snapshot({ writer, seat: seat || 1, live: true, epoch: 1, startedAt, dropped: 0 })
    return [...writers.filter((other) => other.writer !== writer), own]
  }

  private facts(): Facts {
    return { kind: 'writer', instance: this.settings.instance, startedAt: this.startedAt, epoch: 1 }
  }

  /** Some time soon: where many see that somebody died, one of them is the first. */
  private foldSoon(): void {
    if (this.folding !== undefined || this.closing !== undefined) return
    const wait = Math.random() * Math.min(1000, this.settings.flushInterval)
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
      await new Folding(this.shelfOptions).run(slices())
    } catch (cause) {
      if (this.reachable) this.surroundings?.onError(this.unreachable(cause))
    }
  }

  private unreachable(cause: unknown): MetricsError {
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `Redis did not take what was counted (${why}): counting goes on, and it is sent when Redis is back`
    return new MetricsError('FLUSH_FAILED', text, { cause })
  }
}

/** Cuts the adding up of a dead writer's series into slices of a few milliseconds. */
function slices(): Pause {
  let began = performance.now()
  return {
    due: () => performance.now() - began > 4,
    async rest() {
      await new Promise((resolve) => setImmediate(resolve))
      began = performance.now()
    },
  }
}
