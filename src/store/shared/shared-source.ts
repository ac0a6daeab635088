import { join } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import type { Binding } from '../../platform/addon.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Pause, Source, SourceReading, WriterSnapshot } from '../contract.js'
import type { Removal } from '../core/removal-index.js'
import { controlFault, readRunId } from './control.js'
import { seatsIn } from './directory.js'
import { closeQuietly, codeOf, isNoneOfOurs, openForReading } from './files.js'
import { controlName } from './format.js'
import type { OwnerFacts } from './head.js'
import { KeyTexts } from './key-texts.js'
import { Liveness } from './liveness.js'
import { lateIndex, PendingRemovals } from './pending-removals.js'
import { Removals } from './removals.js'
import { inWorkerOrder } from './seat-numbers.js'
import { type Circumstances, SeatReader } from './seat-reader.js'
import { VanishedSeats } from './vanished-seats.js'

/** The results of one reading. */
interface DirectoryReading {
  readonly writers: WriterSnapshot[]
  readonly errors: MetricsError[]
  incomplete: MetricsError | undefined
  unread: MetricsError | undefined
}

/**
 * Reads a shared directory. It changes nothing and needs no cooperation of the writers, so it works in any process of
 * the application and outside of it.
 *
 * A seat that cannot be read is shown with its last good values. If there are none, the reading is marked as
 * incomplete.
 */
export class SharedSource implements Source {
  private seats = new Map<number, SeatReader>()
  private readonly vanished = new VanishedSeats(monotonicNow)
  private readonly liveness: Liveness
  private readonly pending = new PendingRemovals()
  /** Whether the directory has been listed at least once. */
  private listed = false

  /**
   * @param localSeat returns the seat of this process, whose numbers are always available; omitted in a process outside
   * of the application, for which the directory may not exist yet
   * @param late removals that other processes have not been notified of
   * @param reads whether the seats of an owner are read; by default all of them are
   */
  constructor(
    readonly directory: string,
    binding: Binding | undefined,
    private readonly localSeat?: () => number | undefined,
    private readonly late: () => readonly Removal[] = () => [],
    private readonly reads?: (owner: OwnerFacts) => boolean,
  ) {
    this.liveness = new Liveness(directory, binding)
  }

  async read(pause: Pause): Promise<SourceReading> {
    const reading: DirectoryReading = { writers: [], errors: [], incomplete: undefined, unread: undefined }
    this.liveness.refresh()
    const numbers = this.list(reading)
    if (numbers === undefined) this.keep([...this.seats.keys()], reading)
    else await this.readAll(numbers, reading, pause)
    reading.writers.push(...this.vanished.still(reading.writers))
    reading.writers.sort(inWorkerOrder)
    return reading
  }

  /** Whether the last reading read this seat, and did not use its last good values. */
  isFresh(seat: number): boolean {
    return this.seats.get(seat)?.fresh === true
  }

  close(): void {
    this.seats.clear()
  }

  private async readAll(numbers: readonly number[], reading: DirectoryReading, pause: Pause): Promise<void> {
    const present = new Set(numbers)
    for (const [number, reader] of this.seats) {
      if (present.has(number)) continue
      this.seats.delete(number)
      if (reader.last !== undefined) this.vanished.add(reader.last, reader.owner)
    }
    let control: number | undefined
    try {
      control = this.openControl(reading)
      const removals = control === undefined ? undefined : new Removals(this.directory, control, undefined)
      await this.readSeats(numbers, removals, this.circumstances(control, removals, reading, pause), reading)
    } catch (cause) {
      // Without the control file, it is unknown which seats and series still belong to the application.
      const unreadable = (): MetricsError =>
        this.controlUnreadable(codeOf(cause).toLowerCase(), 'the last good values are shown', cause)
      reading.errors.push(cause instanceof MetricsError ? cause : unreadable())
      this.keep(numbers, reading)
    } finally {
      if (control !== undefined) closeQuietly(control)
    }
  }

  private async readSeats(
    numbers: readonly number[],
    removals: Removals | undefined,
    circumstances: Circumstances,
    reading: DirectoryReading,
  ): Promise<void> {
    const { runId, pause } = circumstances
    const before = removals && this.pending.reach(removals, runId)
    for (const number of numbers) {
      let reader = this.seats.get(number)
      if (reader === undefined) this.seats.set(number, (reader = new SeatReader(this.directory, number)))
      const { last, owner, logId } = reader
      const snapshot = await reader.snapshot(circumstances)
      if (snapshot !== undefined) reading.writers.push(snapshot)
      // A successor continues with the file of its predecessor. A different file means that the owner has lost its
      // file.
      const passedOn = reader.excluded && reader.logId === logId
      if (last !== undefined && !passedOn && (snapshot === undefined || reader.logId !== logId))
        this.vanished.add(last, owner)
      if (pause.due()) await pause.rest()
    }
    if (removals === undefined) return
    const readers = reading.writers.map(({ seat }) => this.seats.get(seat)!)
    const end = this.pending.reach(removals, runId)
    // A seat that was read later may have carried out newer removals; then these series are omitted from all seats.
    if (end !== before) for (const reader of readers) await this.mask(reader, removals, end, pause)
    this.pending.passed(Math.min(...readers.map(({ removedUntil }) => removedUntil)))
  }

  /** Omits the series that were removed up to a position, and ignores later removals. */
  private async mask(reader: SeatReader, removals: Removals, end: number, pause: Pause): Promise<void> {
    const from = reader.removedUntil
    if (from >= end) return
    await this.pending.take(removals, from, end, pause)
    await reader.mask((family) => this.pending.filtersOf(family, pause), end, pause)
  }

  /** Adds seats as they were last read; seats that were never read are missing. */
  private keep(numbers: readonly number[], reading: DirectoryReading): void {
    reading.writers.length = 0
    reading.unread = reading.errors.at(-1)
    for (const number of numbers) {
      const reader = this.seats.get(number)
      if (reader !== undefined) reader.fresh = false
      if (reader?.last !== undefined) reading.writers.push(reader.last)
      else if (reader?.skipped !== true) this.miss(number, reading.errors.at(-1)!, reading)
    }
  }

  private miss(number: number, cause: MetricsError, reading: DirectoryReading): void {
    if (number !== this.localSeat?.()) reading.incomplete ??= cause
  }

  private circumstances(
    control: number | undefined,
    removals: Removals | undefined,
    reading: DirectoryReading,
    pause: Pause,
  ): Circumstances {
    const runId = control === undefined ? undefined : this.runOf(control, reading.errors)
    const late = lateIndex(this.late())
    return {
      runId,
      mask: async (reader) => {
        if (removals !== undefined) await this.mask(reader, removals, this.pending.reach(removals, runId), pause)
        if (late.size > 0) await reader.mask((family) => late.filtersOf(family, pause), 0, pause)
      },
      liveness: this.liveness,
      pause,
      keys: new KeyTexts(),
      report: (error) => reading.errors.push(error),
      miss: (number, cause) => this.miss(number, cause, reading),
      reads: this.reads,
    }
  }

  /** Returns the numbers of the seats; undefined if the directory cannot be listed. */
  private list(reading: DirectoryReading): number[] | undefined {
    try {
      const numbers = seatsIn(this.directory)
      this.listed = true
      return numbers
    } catch (cause) {
      const code = codeOf(cause)
      // The directory does not exist yet: the application has not counted.
      if (code === 'ENOENT' && !this.listed && this.localSeat === undefined) return []
      const removed = code === 'ENOENT'
      const fault = removed ? 'has been removed' : `cannot be listed (${code})`
      const text = `the metrics directory ${this.directory} ${fault}; ${advice(code)}`
      const error = new MetricsError('FILE_UNREADABLE', text, { cause, reason: code.toLowerCase() })
      reading.errors.push(error)
      // From outside it is unknown whether the application continues without it, or has ended.
      if (!this.listed || (removed && this.localSeat === undefined)) reading.incomplete = error
      return undefined
    }
  }

  /** Returns the ID of the run; undefined if the control file names none, and then every seat is shown. */
  private runOf(control: number, errors: MetricsError[]): string | undefined {
    const run = readRunId(control)
    const fault = run === undefined ? controlFault(control) : undefined
    if (fault !== undefined) errors.push(this.controlUnreadable(fault, 'the seats of all runs are shown'))
    return run
  }

  private controlUnreadable(reason: string, consequence: string, cause?: unknown): MetricsError {
    const text = `the control file of ${this.directory} cannot be read (${reason}): ${consequence}`
    return new MetricsError('FILE_UNREADABLE', text, { cause, reason })
  }

  private openControl(reading: DirectoryReading): number | undefined {
    try {
      return openForReading(join(this.directory, controlName))
    } catch (cause) {
      // The file does not belong to the application, so every seat is shown.
      if (!isNoneOfOurs(cause) && codeOf(cause) !== 'ENOENT') throw cause
      if (isNoneOfOurs(cause)) {
        const reason = codeOf(cause).toLowerCase()
        reading.errors.push(this.controlUnreadable(reason, 'the seats of all runs are shown', cause))
      }
      return undefined
    }
  }
}

/** Returns what to do if a directory cannot be listed. */
function advice(code: string): string {
  if (code === 'EMFILE' || code === 'ENFILE') return 'raise the limit of open files (ulimit -n)'
  if (code === 'ENOENT') return 'do not remove it while the application runs'
  return `let it be readable for user ${process.geteuid?.() ?? ''}`
}
