import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import type { SeriesRef } from '../../model/series-ref.js'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { clearInterval, setInterval } from '../../platform/timers.js'
import { onWindows } from '../../platform/windows.js'
import { carryOver } from '../core/carry-over.js'
import { MemoryStore } from '../core/memory-store.js'
import { type DirectoryRun, readRunId } from './control.js'
import { fileSystemOf } from './file-system.js'
import { closeQuietly, codeOf, openForWriting, stillThere } from './files.js'
import { controlName } from './format.js'
import { LateRemovals } from './late-removals.js'
import { mayMap } from './ownership.js'
import { Removals } from './removals.js'
import { SeatTaker } from './seat-taker.js'
import type { SharedStore } from './shared-store.js'

/** How often removals of other processes are carried out, in milliseconds. */
const noticeInterval = 100

interface VisitedRun extends DirectoryRun {
  /** Whether the application has begun another run in the control file of this one, at 0. */
  begunAgain(): boolean
}

/**
 * A seat for a process outside of the application, which keeps its own notes beside the counts. The process does not
 * join the run, so an application that begins again begins a new one, although this process still lives.
 */
export class GuestSeat {
  /** The first label values of series that this process alone adds to: only these move to other files. */
  readonly own = new Set<string>()
  private taken: { readonly run: VisitedRun; readonly store: SharedStore } | undefined
  private readonly seats: SeatTaker
  private readonly late: LateRemovals
  private readonly binding: Binding | undefined = loadBinding().binding
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly directory: string,
    onError: (error: MetricsError) => void,
  ) {
    this.late = new LateRemovals({
      free: () => this.taken?.run.removals.free() ?? false,
      add: (removals) => this.taken?.store.addLate(removals) ?? false,
      onError,
    })
    const overflow = (seat: number): MemoryStore => new MemoryStore(seat)
    const options = { directory, onError, overflow, role: () => 'guest' as const }
    this.seats = new SeatTaker(
      options,
      () => this.binding,
      this.late,
      () => {},
    )
  }

  /**
   * Returns the store in the present run; undefined if the directory has none. In another run, the notes begin again, as
   * its counts do. If files were removed, they continue, because living processes write their counts to new ones.
   *
   * @throws the error of the disk, such as `EROFS`; MetricsError `DIRECTORY_UNUSABLE` if this process cannot keep notes
   * there that a kill leaves complete
   */
  open(): SharedStore | undefined {
    const before = this.taken
    if (before?.run.current() && before.store.condition() === 'held') {
      this.notice()
      return before.store
    }
    const run = this.visit()
    if (run === undefined) return undefined
    try {
      const store = this.seats.take(run)
      this.taken = { run, store }
    } catch (cause) {
      run.leave()
      throw cause
    }
    if (before !== undefined) {
      // A seat may have notes of its earlier owners, whose successors write them to seats of their own.
      const isOwn = ({ labelValues: [first] }: SeriesRef): boolean => this.own.has(String(first))
      if (!before.run.begunAgain()) carryOver(before.store, this.taken.store, false, isOwn)
      leave(before)
    }
    this.timer ??= setInterval(() => this.notice(), noticeInterval).unref()
    return this.taken.store
  }

  /** Moves a seat that was taken to the present files; returns whether it has moved. */
  follow(): boolean {
    const before = this.taken
    if (before === undefined) return false
    try {
      this.open()
    } catch {
      // The next use of the seat reports it.
    }
    return this.taken !== before
  }

  /** Whether the directory has a run, or has been removed. */
  get isThere(): boolean {
    return existsSync(join(this.directory, controlName))
  }

  close(): void {
    clearInterval(this.timer)
    this.timer = undefined
    if (this.taken !== undefined) leave(this.taken)
    this.taken = undefined
  }

  private notice(): void {
    for (const _ of this.taken?.store.noticing() ?? []);
  }

  /** Opens the present run, without its lock. */
  private visit(): VisitedRun | undefined {
    const { directory, binding } = this
    const path = join(directory, controlName)
    let fd: number
    try {
      this.check()
      fd = openForWriting(path)
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined
      throw cause
    }
    const id = readRunId(fd)
    if (id === undefined) {
      closeQuietly(fd)
      return undefined
    }
    return {
      id,
      // Not that of the file, which the next run sets back while this process has its series open.
      gate: new Int32Array(1),
      removals: new Removals(directory, fd, binding),
      current: () => stillThere(fd, path) !== undefined && readRunId(fd) === id,
      begunAgain: () => readRunId(fd) !== id,
      leave: () => closeQuietly(fd),
    }
  }

  private check(): void {
    const { directory, binding } = this
    const isOwn = onWindows || statSync(directory).uid === process.geteuid?.()
    const { kind } = fileSystemOf(directory)
    if (binding !== undefined && mayMap() && isOwn && kind !== 'copying' && kind !== 'network') return
    const why =
      binding === undefined
        ? 'the native addon is missing'
        : isOwn
          ? 'files there cannot be mapped'
          : 'it belongs to another user'
    throw new MetricsError('DIRECTORY_UNUSABLE', `nothing can be written in ${directory}: ${why}`)
  }
}

function leave({ run, store }: { readonly run: VisitedRun; readonly store: SharedStore }): void {
  // Children that are held open their series again in the next store.
  Atomics.add(store.gate, 0, 1)
  store.close()
  run.leave()
}
