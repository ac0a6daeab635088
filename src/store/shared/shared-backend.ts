import type { FamilyDescriptor } from '../../model/descriptor.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import type { Lease } from '../../model/lease.js'
import type { SeriesKey } from '../../model/series-key.js'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { hasProc } from '../../platform/proc.js'
import { inSlices } from '../../platform/slices.js'
import { clearInterval, setImmediate, setInterval } from '../../platform/timers.js'
import type { Backend, Source, SourceReading, Store } from '../contract.js'
import { carryOver } from '../core/carry-over.js'
import { type DirectoryRun, joinRun } from './control.js'
import { prepareDirectory } from './directory.js'
import { bestDirectory, fileSystemOf } from './file-system.js'
import { codeOf } from './files.js'
import { LateRemovals } from './late-removals.js'
import { Leadership } from './leadership.js'
import { withOwn } from './own-writer.js'
import { mayMap } from './ownership.js'
import type { SeatRole } from './seat-numbers.js'
import { SeatTaker } from './seat-taker.js'
import { SharedSource } from './shared-source.js'
import type { SharedStore } from './shared-store.js'

/** How often a buffered seat writes what changed, in milliseconds. */
const flushInterval = 100
/** How often a writer checks the gate in milliseconds, so that few removals are pending when it counts again. */
const noticeInterval = 100
/** How often a writer checks whether its directory still exists, in milliseconds. */
const watchInterval = 10_000

/** The number of attempts to take a seat before counting continues in memory until the next check. */
const attempts = 3

/** The treatment of a directory that is not in memory. */
const consequences = {
  network: 'processes of other hosts are not seen, and counts are up to 100 ms late',
  copying: 'counts are up to 100 ms late',
  disk: 'a count may wait for the disk',
} as const

/** What the shared directory needs from its process. */
export interface SharedBackendOptions {
  readonly directory: string
  readonly onError: (error: MetricsError) => void
  /** Called with each series of this process that was removed, by any process. */
  readonly onRemoved?: (family: FamilyDescriptor, key: SeriesKey) => void
  /** Called when the directory can be used again after it could not. */
  readonly onRecovered?: (text: string) => void
  /** Called when this process has taken a seat. */
  readonly onSeat?: (text: string) => void
  /** Creates a store for the series for which the disk has no space; only this process shows them. */
  readonly overflow: (seat: number) => Store & { snapshot(): SourceReading }
  /** What this process is to the application, asked whenever it takes a seat; `process` by default. */
  readonly role?: () => SeatRole
  /** The native addon. Loaded by default; null disables it. */
  readonly binding?: Binding | null
  /** The directory belongs to this application only, so it is not wiped if it had no member for a while. */
  readonly keep?: boolean
}

/** Returns why this process has no addon, and what that costs; undefined if it has one. */
export function whyBuffered(): string | undefined {
  const { reason } = loadBinding()
  if (reason === undefined) return undefined
  return `no native addon (${reason}): other processes see counts up to 100 ms late, and a kill -9 loses those`
}

/** The processes of one host, sharing a directory. */
export class SharedBackend implements Backend {
  readonly shared = true
  readonly directory: string
  private binding: Binding | undefined
  private readonly options: SharedBackendOptions
  private run: DirectoryRun | undefined
  private store: SharedStore | undefined
  private readonly seats: SeatTaker
  /** Counts while no seat is available. Only this process shows these counts; it adds them to its seat later. */
  private standIn: ReturnType<SharedBackendOptions['overflow']> | undefined
  /** After a fault, the successful checks of the directory that are still needed to recover; otherwise 0. */
  private faults = 0
  private timers: NodeJS.Timeout[] = []
  private noticing: Promise<void> | undefined
  private noticesSoon = false
  private readonly late: LateRemovals
  private readonly atExit = (): void => this.guarded(() => this.store?.flush())

  constructor(options: SharedBackendOptions) {
    this.options = options
    this.directory = options.directory
    this.binding = options.binding === undefined ? loadBinding().binding : (options.binding ?? undefined)
    this.late = new LateRemovals({
      free: () => this.run?.removals.free() ?? false,
      add: (removals) => this.store?.addLate(removals) ?? false,
      onError: options.onError,
    })
    this.seats = new SeatTaker(
      options,
      () => this.binding,
      this.late,
      () => this.noticeSoon(),
    )
  }

  /** The ID of the run in the directory; undefined before it is joined. */
  get runId(): string | undefined {
    return this.run?.id
  }

  get name(): 'mmap' | 'buffered' {
    return this.binding === undefined || !mayMap() ? 'buffered' : 'mmap'
  }

  /** Joins the run: the directory is not wiped while this process lives, even if it never counts. */
  join(): void {
    if (this.run !== undefined) return
    prepareDirectory(this.directory)
    this.considerFileSystem()
    this.run = joinRun(this.directory, this.binding, this.options)
    this.every(watchInterval, () => {
      this.watch()
      void this.notice()
    })
    this.every(noticeInterval, () => {
      if (this.store?.isBehind) void this.notice()
    })
    if (this.name === 'buffered') {
      this.every(flushInterval, () => {
        this.flush()
        void this.notice()
      })
      process.on('exit', this.atExit)
    }
    // Without a lock that others see, only a seat shows that a process is in the run.
    if (this.name === 'buffered' || !hasProc()) this.openStore()
  }

  private every(milliseconds: number, work: () => void): void {
    this.timers.push(setInterval(work, milliseconds).unref())
  }

  /** Never throws: counting continues in memory if no seat is available. */
  openStore(): Store {
    if (this.store !== undefined) return this.store
    if (this.standIn === undefined) this.guarded(() => this.sitDown())
    if (this.store !== undefined) return this.store
    this.standIn ??= this.options.overflow(0)
    return this.standIn
  }

  openSource(): Source {
    this.join()
    const source = new SharedSource(
      this.directory,
      this.binding,
      () => this.store?.seat.number,
      () => this.late.by(this.store?.seat.head.logId),
    )
    return {
      read: async (pause) => {
        this.watch()
        this.flush()
        await this.notice()
        this.guarded(() => void this.late.flush())
        const reading = await source.read(pause)
        const aside = [this.seats.overflow, this.standIn].flatMap((store) => store?.snapshot().writers ?? [])
        return { ...reading, writers: withOwn(reading.writers, source, this.store, aside) }
      },
      close: () => source.close(),
    }
  }

  readonly lease = (task: string): Lease => new Leadership(this.directory, this.binding, task)

  close(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer)
    process.off('exit', this.atExit)
    this.late.giveUp()
    this.guarded(() => this.store?.close())
    this.run?.leave()
    this.store = undefined
    this.run = undefined
  }

  /** Disables the addon on a file system where mappings are unreliable, and reports a directory that is not in memory. */
  private considerFileSystem(): void {
    const { name, kind } = fileSystemOf(this.directory)
    if (kind === 'memory' || kind === 'local') return
    if (kind !== 'disk') this.binding = undefined
    const text = `the metrics directory ${this.directory} is on ${name}: ${consequences[kind]}; ${bestDirectory}`
    this.options.onError(new MetricsError('DIRECTORY_SLOW', text, { reason: name }))
  }

  /** Takes a seat in the current run, and adds the counts of the store that was used meanwhile. */
  private sitDown(): void {
    this.join()
    // Joining may have taken a seat already.
    if (this.store === undefined) this.settle()
    if (this.standIn !== undefined) carryOver(this.standIn, this.store!)
    this.standIn = undefined
  }

  /** Takes a seat. If another run begins meanwhile and removes it, takes one in that run. */
  private settle(): void {
    for (let attempt = 1; this.store === undefined; attempt++) {
      const run = this.run!
      try {
        const store = this.seats.take(run)
        if (run.current() || attempt === attempts) this.store = store
        else store.close()
      } catch (cause) {
        if (attempt === attempts || (codeOf(cause) !== 'ESTALE' && run.current())) throw cause
      }
      if (run.current()) continue
      this.run = joinRun(this.directory, this.binding, this.options)
      run.leave()
    }
  }

  private flush(): void {
    this.guarded(() => this.store?.flush())
  }

  /** Runs in the next turn of the event loop, so a count does not wait for removals. */
  private noticeSoon(): void {
    if (this.noticing !== undefined || this.noticesSoon) return
    this.noticesSoon = true
    setImmediate(() => {
      this.noticesSoon = false
      void this.notice()
    })
  }

  /** Carries out removals of other processes, in slices; a second call meanwhile waits for the first. */
  private notice(): Promise<void> {
    const { store } = this
    this.noticing ??= inSlices(store?.noticing(() => this.store === store) ?? [])
      .catch((cause) => this.unusable(cause))
      .finally(() => {
        this.noticing = undefined
      })
    return this.noticing
  }

  private watch(): void {
    this.guarded(() => {
      if (this.run === undefined) return
      const condition = this.run.current() ? (this.store?.condition() ?? 'held') : 'gone'
      if (condition !== 'held') this.move(this.run, condition)
      else if (this.standIn !== undefined) this.sitDown()
      else this.store?.makeRoom()
      // Two checks are needed, because between two checks everything else was tried as well.
      if (this.faults === 0 || --this.faults > 0) return
      this.options.onRecovered?.(`the metrics directory ${this.directory} can be used again`)
    })
  }

  /**
   * Takes a new seat with all counts after the directory was removed or wiped, or another process took the seat. Until
   * that succeeds, counting continues in the old store.
   */
  private move(runBefore: DirectoryRun, condition: 'gone' | 'lost'): void {
    const before = this.store
    prepareDirectory(this.directory)
    const run = joinRun(this.directory, this.binding, this.options)
    try {
      const next = before === undefined ? undefined : this.seats.take(run)
      // The next owner of a lost seat continues from its file, so only later counts are carried over.
      if (condition === 'lost') before?.forgetWritten()
      this.run = run
      this.store = next
      if (before !== undefined && next !== undefined) carryOver(before, next)
    } catch (cause) {
      run.leave()
      throw cause
    }
    runBefore.leave()
  }

  /** Reports a fault of the disk, which never reaches the application. */
  private guarded(work: () => void): void {
    try {
      work()
    } catch (cause) {
      this.unusable(cause)
    }
  }

  private unusable(cause: unknown): void {
    this.faults = 2
    const text = `the metrics directory ${this.directory} cannot be used at the moment (${reasonOf(cause)}); counting continues, and promhive tries again`
    this.options.onError(
      cause instanceof MetricsError ? cause : new MetricsError('DIRECTORY_UNUSABLE', text, { cause }),
    )
  }
}
