import { fstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import { systemNow } from '../../platform/system-time.js'
import type { FileView } from '../shared/file-views.js'
import { closeQuietly, codeOf, openWithStats } from '../shared/files.js'
import { headFault, headLength } from './entries.js'
import { type FileCircumstances, FileEntries } from './file-entries.js'
import type { FileName } from './file-name.js'
import type { KnownBounds } from './file-totals.js'

/** Bytes that are read at first of a file that was never read. */
const firstRead = 4096
/** How often a file is read again if its process seems to be writing. */
const mostTurns = 3

/** Milliseconds after which a later change of a file certainly gives it another time. */
const ripening = 1_000

/** Faults of the system, after which a file that was never read may have numbers that are missing. */
const outOfResources = ['EMFILE', 'ENFILE', 'ENOMEM']

/** Reads one file of Python's client, scrape after scrape. */
export class FileReader {
  /** The file as it was last seen. */
  stats: Stats | undefined
  /** Distinguishes it from former files of the same name; empty if it was never seen. */
  id = ''
  /** Whether values changed since the last scrape. */
  changed = false
  /** Whether the file is of another program. */
  isForeign = false
  /** Whether it disappeared. */
  isGone = false
  private entries: FileEntries | undefined
  private bounds: KnownBounds = new Map()
  /** The file when its entries were last checked. */
  private verified: Stats | undefined
  private wasEmpty = false
  private view: FileView | undefined
  private readonly path: string

  constructor(
    private readonly directory: string,
    readonly file: FileName,
  ) {
    this.path = join(directory, file.name)
  }

  /** The series as they were last read; undefined if they never were. */
  get series(): FileEntries['series'] | undefined {
    return this.entries?.series
  }

  /** How many bytes of entries were read. */
  get length(): number {
    return this.entries?.length ?? 0
  }

  /** Whether this file lacks the resources of the system to be read, and never was: its numbers are missing. */
  isMissing({ cause }: MetricsError): boolean {
    return this.entries === undefined && outOfResources.includes(codeOf(cause))
  }

  /** Reads the file. Returns the fault if that fails; the last good values stay. */
  read(circumstances: FileCircumstances): Promise<MetricsError | undefined> | MetricsError | undefined {
    this.changed = false
    return this.readMapped(circumstances) ? this.partlyUnknown() : this.readBytes(circumstances)
  }

  /** Forgets the file; what was read of it stays. */
  close(): void {
    this.view?.close()
    this.view = undefined
  }

  /**
   * Reads the values of a file that has no other entries than when it was checked. Most files are like that in most scrapes.
   *
   * @returns whether that was possible
   */
  private readMapped(circumstances: FileCircumstances): boolean {
    const { view, entries } = this
    if (view === undefined || entries === undefined) return false
    const result = entries.refreshMapped(view, circumstances)
    if (result !== undefined) this.changed = result === 'changed'
    else this.close()
    return result !== undefined
  }

  private async readBytes(circumstances: FileCircumstances): Promise<MetricsError | undefined> {
    let fd: number | undefined
    try {
      const file = openWithStats(this.path)
      fd = file.fd
      this.see(file.stats)
      const fault = await this.readOpen(fd, circumstances)
      this.isForeign = fault === 'foreign'
      if (fault !== undefined && !this.isForeign) return this.unreadable(fault)
      return this.partlyUnknown()
    } catch (cause) {
      // It was removed since the directory was listed.
      this.isGone = codeOf(cause) === 'ENOENT'
      return this.isGone ? undefined : this.unreadable(codeOf(cause).toLowerCase(), cause)
    } finally {
      if (fd !== undefined) closeQuietly(fd)
      if (this.isGone) this.close()
    }
  }

  /** If another file has the name, the former one was removed with its values. */
  private see(stats: Stats): void {
    const before = this.stats
    if (before !== undefined && (before.ino !== stats.ino || before.dev !== stats.dev)) {
      this.entries = undefined
      this.close()
    }
    if (before?.ino !== stats.ino) this.id = `${this.file.name}-${stats.ino}`
    this.stats = stats
  }

  private async readOpen(fd: number, circumstances: FileCircumstances): Promise<string | undefined> {
    let fault: string | undefined
    for (let turn = 1; turn <= mostTurns; turn++) {
      if (turn > 1) this.see(fstatSync(fd))
      fault = await this.readOnce(fd, circumstances, turn === mostTurns)
      if (fault === undefined || fault === 'foreign') return fault
    }
    return fault
  }

  /** Returns the fault, in one word; the process may have been writing. */
  private async readOnce(fd: number, circumstances: FileCircumstances, last: boolean): Promise<string | undefined> {
    const { buffer } = circumstances
    const { size } = this.stats!
    // The head is at the beginning, so it is read before the entries that it announces.
    const got = buffer.read(fd, Math.min(size, Math.max(this.entries?.length ?? 0, firstRead)))
    if (got < headLength) return size > 0 ? 'too_short' : this.ofEmpty()
    const fault = headFault(buffer, size)
    if (fault !== undefined) return fault
    const end = buffer.words[0]!
    // The process has not written the head yet. Versions before 0.7 write a zero before they write a number.
    if (end === 0) return this.entries === undefined ? undefined : 'too_short'
    if (buffer.readOn(fd, got, end) < end) return 'too_short'
    return this.readEntries(fd, end, circumstances, last)
  }

  /** A process creates an empty file, and writes the head a moment later. */
  private ofEmpty(): string | undefined {
    const isNew = this.entries === undefined && !this.wasEmpty
    this.wasEmpty = true
    return isNew ? undefined : 'too_short'
  }

  private async readEntries(
    fd: number,
    end: number,
    circumstances: FileCircumstances,
    last: boolean,
  ): Promise<string | undefined> {
    const { buffer, definitions } = circumstances
    let { entries } = this
    const isVerified = this.isVerified(this.stats!)
    if (entries?.mayBeIn(end, definitions) === true) {
      const comparison = entries.refresh(buffer, !isVerified, last)
      if (comparison === 'went_back') return 'went_back'
      if (comparison === 'changed') this.changed = true
      if (comparison === 'other_file') {
        entries = undefined
        if (buffer.read(fd, end) < end) return 'too_short'
      }
    } else entries = undefined
    const known = entries
    entries ??= this.newEntries(circumstances)
    const complete = await entries.follow(end, circumstances)
    if (entries.series.outdated) {
      if (buffer.read(fd, end) < end) return 'too_short'
      entries = this.newEntries(circumstances)
      if (!(await entries.follow(end, circumstances))) return 'corrupt'
    } else if (!complete && known === undefined) return 'corrupt'
    this.entries = entries
    this.verified = this.stats
    if (complete && isVerified) this.map(fd, circumstances)
    return complete ? undefined : 'corrupt'
  }

  /**
   * Whether nothing can have been written to the file since it was checked, other than by a process that has mapped it: such
   * a process only adds entries. On a disk, the kernel changes the time for those as well.
   */
  private isVerified(now: Stats): boolean {
    const then = this.verified
    if (
      then === undefined ||
      (['ino', 'dev', 'size', 'mtimeMs', 'ctimeMs'] as const).some((fact) => now[fact] !== then[fact])
    ) {
      return false
    }
    // The time of a file is not precise.
    return systemNow() - now.ctimeMs > ripening
  }

  /** Maps the file for later scrapes. It must not have been written to since it was checked. */
  private map(fd: number, { views }: FileCircumstances): void {
    this.close()
    this.view = views.viewOf(fd, this.path, this.stats!)
    if (this.view !== undefined && !this.isVerified(fstatSync(fd))) this.close()
  }

  private newEntries(circumstances: FileCircumstances): FileEntries {
    const { birthtimeMs, mtimeMs } = this.stats!
    const created = (birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs) / 1000
    return new FileEntries(this.file, circumstances, this.bounds, created)
  }

  private unreadable(reason: string, cause?: unknown): MetricsError {
    const consequence = this.entries === undefined ? 'it is not shown' : 'its last good values are shown'
    const text = `${this.file.name}, a file of Python's client, cannot be read (${reason}): ${consequence}; see promhive inspect ${this.directory}`
    return new MetricsError('FILE_UNREADABLE', text, { cause, reason })
  }

  private partlyUnknown(): MetricsError | undefined {
    const count = this.entries?.unknownKeys ?? 0
    if (count === 0) return undefined
    const text = `${this.file.name}, a file of Python's client, has ${count} values without the key of a metric: they are not shown; use letters, digits and "_" in names`
    return new MetricsError('FILE_UNREADABLE', text, { reason: 'unknown_key' })
  }
}
