import { join } from 'node:path'
import type { Binding } from '#native'
import { MetricsError } from '../../model/errors.js'
import type { Pause, Source, SourceReading, WriterSnapshot } from '../backend.js'
import { controlFault, readRunId } from './control.js'
import { seatsIn } from './directory.js'
import { closeQuietly, codeOf, openForReading } from './files.js'
import { controlName } from './format.js'
import { KeyTexts } from './key-texts.js'
import { Liveness } from './liveness.js'
import { Removals } from './removals.js'
import { type Circumstances, SeatReader } from './seat-reader.js'

/**
 * Reads a shared directory. Needs nobody's cooperation and changes nothing: it works in any process of the application,
 * and in one beside it.
 */
export class SharedSource implements Source {
  private readonly seats = new Map<number, SeatReader>()
  private readonly liveness: Liveness

  constructor(
    readonly directory: string,
    binding: Binding | undefined,
  ) {
    this.liveness = new Liveness(binding)
  }

  async read(pause: Pause): Promise<SourceReading> {
    const writers: WriterSnapshot[] = []
    const errors: MetricsError[] = []
    const numbers = this.list(errors)
    if (numbers === undefined) return { writers, errors }
    this.liveness.refresh()
    const present = new Set(numbers)
    for (const number of this.seats.keys()) if (!present.has(number)) this.seats.delete(number)
    const control = this.openControl(errors)
    try {
      const circumstances: Circumstances = {
        runId: control === undefined ? undefined : this.runOf(control, errors),
        removals: control === undefined ? undefined : new Removals(this.directory, control, undefined),
        liveness: this.liveness,
        pause,
        keys: new KeyTexts(),
        report: (error) => errors.push(error),
      }
      const before = this.endOf(circumstances)
      for (const number of numbers) {
        let reader = this.seats.get(number)
        if (reader === undefined) this.seats.set(number, (reader = new SeatReader(this.directory, number)))
        const snapshot = await reader.snapshot(circumstances)
        if (snapshot !== undefined) writers.push(snapshot)
        if (pause.due()) await pause.rest()
      }
      this.maskAgain(writers, before, circumstances)
    } finally {
      if (control !== undefined) closeQuietly(control)
    }
    return { writers, errors }
  }

  close(): void {
    this.seats.clear()
  }

  /** Up to where series were removed; undefined where nobody can tell. */
  private endOf({ removals, report }: Circumstances): number | undefined {
    try {
      return removals?.end()
    } catch (cause) {
      report(this.controlUnreadable(codeOf(cause).toLowerCase(), cause))
      return undefined
    }
  }

  /** Who was read later may have carried out what was removed meanwhile: then nobody shows it any more. */
  private maskAgain(
    writers: readonly WriterSnapshot[],
    before: number | undefined,
    circumstances: Circumstances,
  ): void {
    const { removals, report } = circumstances
    if (removals === undefined || before === undefined) return
    const end = this.endOf(circumstances)
    if (end === undefined || end === before) return
    try {
      for (const { seat } of writers) this.seats.get(seat)!.mask(removals)
    } catch (cause) {
      report(this.controlUnreadable(codeOf(cause).toLowerCase(), cause))
    }
  }

  private list(errors: MetricsError[]): number[] | undefined {
    try {
      return seatsIn(this.directory)
    } catch (cause) {
      // Not there yet, or not any more: an application that has not counted.
      if (codeOf(cause) !== 'ENOENT') {
        const text = `the metrics directory ${this.directory} cannot be listed (${codeOf(cause)})`
        errors.push(new MetricsError('FILE_UNREADABLE', text, { cause }))
      }
      return undefined
    }
  }

  /** Undefined where the control file names no run, or cannot be read: then every seat is shown. */
  private runOf(control: number, errors: MetricsError[]): string | undefined {
    try {
      const run = readRunId(control)
      const fault = run === undefined ? controlFault(control) : undefined
      if (fault !== undefined) errors.push(this.controlUnreadable(fault))
      return run
    } catch (cause) {
      errors.push(this.controlUnreadable(codeOf(cause).toLowerCase(), cause))
      return undefined
    }
  }

  private controlUnreadable(reason: string, cause?: unknown): MetricsError {
    const text = `the control file of ${this.directory} cannot be read (${reason}): every seat is shown, of whatever run`
    return new MetricsError('FILE_UNREADABLE', text, { cause, reason })
  }

  private openControl(errors: MetricsError[]): number | undefined {
    try {
      return openForReading(join(this.directory, controlName))
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') errors.push(this.controlUnreadable(codeOf(cause).toLowerCase(), cause))
      return undefined
    }
  }
}
