import { MetricsError, reasonOf } from '../../model/errors.js'
import { checkSpelling, givenOptions } from '../../model/known-options.js'
import { held } from '../../platform/held.js'
import { backgroundSlice, Slices } from '../../platform/slices.js'
import { systemNow } from '../../platform/system-time.js'
import { clearInterval, monotonicNow, setInterval } from '../../platform/timers.js'
import type { Backend, BackendContext, Source, Store } from '../contract.js'
import { carryOver } from '../core/carry-over.js'
import { FollowedWriter } from './followed-writer.js'
import { newWriter } from './new-writer.js'
import { OwnSnapshot, ownWriter, type Standing } from './own-snapshot.js'
import { type RemovalLists, takeAll, together, untaken, withoutTaken, withRemoval } from './removal-lists.js'
import type { Snapshot } from './snapshot-format.js'
import { isLive, type SortedSnapshots, sortSnapshots } from './snapshot-reader.js'
import { SnapshotSource } from './snapshot-source.js'
import { SnapshotStore } from './snapshot-store.js'

export interface SnapshotBackendOptions {
  /** Milliseconds between two checks for something to publish. */
  readonly flushEvery?: number | undefined
  /** Milliseconds between two checks for removals of other processes. */
  readonly lookEvery?: number | undefined
  /** Milliseconds after its last snapshot at which a process counts as dead. It publishes three times in that time. */
  readonly liveFor?: number | undefined
}

const defaults = {
  flushEvery: 1_000,
  lookEvery: 5_000,
  liveFor: 15_000,
} as const satisfies SnapshotBackendOptions
/** The maximum number of inherited writers that a snapshot names. */
const ancestors = 100

type Awaitable<T> = T | Promise<T>

/**
 * A backend over any engine that can store a few bytes per process. An author implements how a snapshot is stored, and
 * how all of them are read. Counting is local arithmetic. This class knows the meaning of a snapshot, which writers are
 * alive, and which snapshot a new process continues.
 *
 * @experimental
 * @example
 * class KeyValueBackend extends SnapshotBackend {
 *   name = 'key-value'
 *   publish(writer, snapshot) { return engine.set(`metrics/${writer}`, snapshot) }
 *   readAll() { return engine.valuesBelow('metrics/') }
 *   take(dead, writer) { return engine.rename(`metrics/${dead}`, `metrics/${writer}`) }
 * }
 * configure({ backend: new KeyValueBackend() })
 */
export abstract class SnapshotBackend implements Backend {
  abstract readonly name: string
  readonly shared: boolean = true
  private readonly options: Readonly<Record<keyof SnapshotBackendOptions, number>>
  private context: BackendContext = { onError() {}, onRemoved() {} }
  private writer = newWriter()
  private store = this.newStore(1, 1)
  private readonly localSnapshot = new OwnSnapshot()
  private inherited: readonly string[] = []
  private removals: RemovalLists = {}
  private removed = 0
  private taken: Record<string, number> = {}
  // Private for subclasses as well: authors extend this class with fields of their own.
  readonly #failing = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private lookedAt = Number.NEGATIVE_INFINITY
  private joined: Promise<void> | undefined
  private last: Promise<void> = Promise.resolve()
  private lastGood: SortedSnapshots | undefined
  private closing: Promise<void> | undefined
  private readonly atExit = (): void => this.leave()
  private readonly beforeExit = (): void => void this.flushNow()

  constructor(options: SnapshotBackendOptions = {}) {
    // A subclass may pass its own options with these.
    checkSpelling('SnapshotBackend', options, defaults)
    this.options = { ...defaults, ...givenOptions(options) }
  }

  /** Stores the snapshot of one writer, and replaces the earlier one of that name. */
  protected abstract publish(writer: string, snapshot: Uint8Array): Awaitable<unknown>

  /** Returns every stored snapshot, in any order. */
  protected abstract readAll(): Awaitable<Iterable<Uint8Array>>

  /**
   * Renames a snapshot atomically; returns whether it existed. With this method, a new process continues from the
   * numbers of a dead one; without it, snapshots of dead processes stay.
   */
  protected take?(dead: string, writer: string): Awaitable<boolean>

  begin(context: BackendContext): void {
    this.context = context
    this.timer ??= setInterval(() => void this.tick(), this.options.flushEvery).unref()
    process.once('beforeExit', this.beforeExit)
    process.on('exit', this.atExit)
    this.joined ??= this.join()
  }

  openStore(): Store {
    return this.store
  }

  openSource(): Source {
    return new SnapshotSource({
      name: this.name,
      liveFor: this.options.liveFor,
      read: async () => {
        await this.joined
        return this.readSorted()
      },
      lastGood: () => this.lastGood,
      notice: (removals) => this.notice(removals),
      localState: () => ({ writer: this.writer, writers: this.store.snapshot().writers, removals: this.removals }),
    })
  }

  /** Publishes, and reads what other processes removed. Never rejects. */
  flush(): Promise<void> {
    return held(this.flushNow())
  }

  private flushNow(): Promise<void> {
    return this.inTurn(async () => {
      await this.send(true)
      await this.look()
      await this.send(false)
    })
  }

  close(): Promise<void> {
    this.closing ??= this.inTurn(async () => {
      clearInterval(this.timer)
      process.off('exit', this.atExit)
      process.off('beforeExit', this.beforeExit)
      await this.look()
      await this.guarded('FLUSH_FAILED', 'its last numbers are lost', () => this.publishLast())
    })
    return held(this.closing)
  }

  private async readSorted(): Promise<SortedSnapshots> {
    this.lastGood = sortSnapshots(await this.readAll())
    return this.lastGood
  }

  private tick(): Promise<void> {
    return this.inTurn(async () => {
      await this.send(false)
      if (monotonicNow() - this.lookedAt >= this.options.lookEvery) await this.look()
    })
  }

  /** Runs one task after another, so that a slow engine has one request at a time. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.last = this.last.then(() => this.joined).then(work)
    return this.last
  }

  /** Finds a seat, and continues from the numbers of a writer that ended. */
  private async join(): Promise<void> {
    await this.guarded('READ_FAILED', 'this process begins by itself', async () => {
      const { snapshots, removals } = await this.readSorted()
      this.taken = takeAll(this.taken, removals)
      const now = systemNow()
      for (const snapshot of snapshots) {
        if (isLive(snapshot, this.options.liveFor, now)) continue
        if ((await this.take?.(snapshot.head.writer, this.writer)) !== true) continue
        await this.goOnFrom(snapshot, removals)
        await this.send(true)
        return
      }
      this.store.moveTo(freeSeat(snapshots))
      await this.send(true)
    })
  }

  private async goOnFrom(snapshot: Snapshot, removals: RemovalLists): Promise<void> {
    const { head } = snapshot
    const before = new FollowedWriter()
    const pause = new Slices(backgroundSlice)
    await before.follow(snapshot, pause)
    await before.leaveOut(untaken(removals, head.taken), pause)
    const store = this.newStore(head.seat, head.epoch + 1)
    for (const series of before.series(snapshot)) store.restore(...series)
    const counted = this.store
    this.store = store
    this.removals = together([this.removals, head.removals])
    this.inherited = [...head.inherited, head.writer].slice(-ancestors)
    carryOver(counted, store)
  }

  /** @param always whether to send even if nothing has changed */
  private async send(always: boolean): Promise<void> {
    if (!always && !this.localSnapshot.due(this.store, this.standing(), this.options.liveFor / 3)) return
    await this.guarded('FLUSH_FAILED', 'it is tried again soon', async () => {
      const { bytes, record } = this.localSnapshot.take(this.store, this.standing())
      await this.publish(this.writer, bytes)
      this.localSnapshot.kept(record)
    })
  }

  private async look(): Promise<void> {
    this.lookedAt = monotonicNow()
    await this.guarded('READ_FAILED', 'it is tried again soon', async () => {
      const { snapshots, inherited, removals } = await this.readSorted()
      if (inherited.has(this.writer)) this.startAgain()
      this.notice(removals)
      const others = snapshots.filter(({ head }) => head.writer !== this.writer)
      this.removals = withoutTaken(
        this.removals,
        others.map(({ head }) => head.taken),
      )
      this.findSeat(others)
    })
  }

  /** Two processes that began at the same moment have the same seat: one of them moves. */
  private findSeat(others: readonly Snapshot[]): void {
    const { seat: localSeat } = ownWriter(this.store)
    const now = systemNow()
    const keepsSeat = others.every(
      (other) =>
        other.head.seat !== localSeat || (isLive(other, this.options.liveFor, now) && other.head.writer > this.writer),
    )
    if (!keepsSeat) this.store.moveTo(freeSeat(others))
  }

  /** Carries out removals of other processes from the whole application. */
  private notice(removals: RemovalLists): void {
    for (const { registry, name, labels } of untaken(removals, this.taken)) {
      const gone = this.store.removeNamed(registry, name, labels)
      for (const { family, key } of gone) this.context.onRemoved(family, key)
    }
    this.taken = takeAll(this.taken, removals)
  }

  /**
   * Called if another process took this one for dead and continued from its last snapshot: only later counts belong to
   * this process.
   */
  private startAgain(): void {
    this.localSnapshot.deductFrom(this.store)
    this.writer = newWriter()
    this.store.writer = this.writer
    this.inherited = []
  }

  private leave(): void {
    try {
      // An asynchronous engine is not awaited; other processes then notice a little later that this process is dead.
      void Promise.resolve(this.publishLast()).catch(() => {})
    } catch {
      // There is no receiver for the error any more.
    }
  }

  private standing(closed = false): Standing {
    const { inherited, removals, taken } = this
    return { closed, inherited, removals, taken }
  }

  private publishLast(): Awaitable<unknown> {
    return this.publish(this.writer, this.localSnapshot.take(this.store, this.standing(true)).bytes)
  }

  private newStore(seat: number, epoch: number): SnapshotStore {
    return new SnapshotStore(seat, epoch, this.writer, {
      flush: () => this.flushNow(),
      removing: (removal) => {
        this.removals = withRemoval(this.removals, this.writer, this.removed, removal)
        this.removed++
        this.taken[this.writer] = this.removed
      },
    })
  }

  private async guarded(code: 'FLUSH_FAILED' | 'READ_FAILED', meanwhile: string, work: () => unknown): Promise<void> {
    try {
      await work()
      if (this.#failing.delete(code)) this.context.onRecovered?.(`${this.name} works again (${code} before)`)
    } catch (cause) {
      this.#failing.add(code)
      this.context.onError(failed(code, `${this.name}: ${meanwhile}`, cause))
    }
  }
}

function freeSeat(snapshots: readonly Snapshot[]): number {
  const taken = new Set(snapshots.map(({ head }) => head.seat))
  let seat = 1
  while (taken.has(seat)) seat++
  return seat
}

function failed(code: 'FLUSH_FAILED' | 'READ_FAILED', text: string, cause: unknown): MetricsError {
  return new MetricsError(code, `${text} (${reasonOf(cause)})`, { cause })
}
