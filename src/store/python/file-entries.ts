import type { Pause } from '../../model/pause.js'
import { grown } from '../../model/series-index/hash-chains.js'
import type { FileView, FileViews } from '../shared/file-views.js'
import type { Definitions } from './definitions.js'
import { type FileLayout, headLength, layoutOfFile, type ValueLength } from './entries.js'
import type { FileBuffer } from './file-buffer.js'
import { FileGauges } from './file-gauges.js'
import type { FileKeys, KeySeries } from './file-key.js'
import type { FileName, FileType } from './file-name.js'
import { FileTotals, type KnownBounds } from './file-totals.js'
import type { SummedFiles } from './summed-files.js'

/** What one scrape uses for all files. */
export interface FileCircumstances {
  readonly buffer: FileBuffer
  readonly definitions: Definitions
  readonly sums: SummedFiles
  /** The keys of all files, because the processes of an application have the same ones. */
  readonly keys: Readonly<Record<FileType, FileKeys>>
  readonly views: FileViews
  readonly pause: Pause
}

/** The result of comparing a file with its known entries. */
export type Comparison = 'same' | 'changed' | 'went_back' | 'other_file'

/**
 * The entries of one file. Each key is read once; later only the values are.
 *
 * Entries are added and never change, apart from their values, so a checksum of their other bytes shows whether the file is
 * still the same one. After a restart in a container, another process may have written a file of the same name, with the
 * same inode and the same size.
 */
export class FileEntries {
  readonly series: FileGauges | FileTotals
  private readonly gauges: FileGauges | undefined
  private readonly totals: FileTotals | undefined
  /** How many keys are not those of a metric that can be shown. */
  unknownKeys = 0
  private end = headLength
  private checksum = 0
  private valueLength: ValueLength | undefined
  /** Where values are, in float64 from the beginning of the file. */
  private values: Int32Array = new Int32Array(0)
  private valueCount = 0
  private readonly edition: number

  /** @param created unix seconds at which the file was created */
  constructor(
    private readonly file: FileName,
    { definitions, sums }: Pick<FileCircumstances, 'definitions' | 'sums'>,
    bounds: KnownBounds,
    created: number,
  ) {
    const isGauge = file.type === 'gauge'
    this.gauges = isGauge ? new FileGauges(file, definitions, created) : undefined
    this.totals = isGauge ? undefined : new FileTotals(file, definitions, sums, bounds, created)
    this.series = this.gauges ?? this.totals!
    this.edition = definitions.edition
  }

  /** The number of bytes that were read. */
  get length(): number {
    return this.end
  }

  /**
   * Whether these may be the first entries of a file of this length. If a series was not complete, or a family has got another
   * label since, all entries are read again.
   */
  mayBeIn(end: number, definitions: Definitions): boolean {
    return end >= this.end && !this.series.isIncomplete && this.edition === definitions.edition
  }

  /**
   * Takes the values of the known entries. If the file is checked, they are 0 in the buffer afterwards.
   *
   * @param isChecked whether to check that it is still the same file
   * @param acceptLess whether values are taken that are less than before; otherwise nothing is taken then
   */
  refresh(buffer: FileBuffer, isChecked: boolean, acceptLess: boolean): Comparison {
    const values = isChecked ? this.cleared(buffer) : buffer.doubles
    if (values === undefined) return 'other_file'
    const shown = this.series.values
    const compared = shown.compare(values)
    if (compared === 'same' || (compared === 'went_back' && !acceptLess)) return compared
    shown.take(values)
    return 'changed'
  }

  /**
   * Takes the values of the known entries from the mapped file, if it has no other entries. The file must have been checked.
   *
   * @returns undefined if the file must be read in another way
   */
  refreshMapped(view: FileView, { definitions, views }: FileCircumstances): 'same' | 'changed' | undefined {
    return this.mayBeIn(this.end, definitions) ? this.series.values.takeMapped(view, this.end, views) : undefined
  }

  /** Sets the values to 0 in the buffer, and returns them if the other bytes are the same as before. */
  private cleared(buffer: FileBuffer): Float64Array | undefined {
    const { series, end } = this
    const values = buffer.copyOfDoubles()
    series.values.copy(buffer.doubles, values)
    this.clearValues(buffer, 0)
    return crc32(buffer.bytes.subarray(headLength, end)) === this.checksum ? values : undefined
  }

  /**
   * Reads the entries that were added to the file since.
   *
   * @returns whether all of them could be read
   */
  async follow(end: number, { buffer, keys, pause }: FileCircumstances): Promise<boolean> {
    const { series } = this
    const known = keys[this.file.type]
    const from = this.end
    if (from === end) return true
    if (this.valueLength === undefined) this.see(layoutOfFile(buffer, end))
    const { valueLength, gauges, totals } = this
    if (valueLength === undefined) return false
    const [valuesBefore, shownBefore] = [this.valueCount, series.values.size]
    let at = from
    for (let count = 1; at < end; count++) {
      const number = known.numberAt(buffer, at, end, valueLength)
      if (number === 0) break
      const key = known.keyOf(number)
      const after = totals?.isRun(key, number) ? this.followRun(key!.series, at, end, known, buffer) : 0
      if (after > 0) at = after
      else {
        at += known.lengthOf(number)
        const index = at / 8
        if (key === undefined) this.unknownKeys++
        else if (totals !== undefined) totals.add(key, index, number)
        else gauges!.add(key, index, valueLength === 16 ? index + 1 : undefined)
        this.reserve(1)
        this.values[this.valueCount++] = index
        at += valueLength
      }
      if (count % 32 === 0 && pause.due()) await pause.rest()
    }
    series.values.take(buffer.doubles, shownBefore)
    this.clearValues(buffer, valuesBefore)
    this.checksum = crc32(buffer.bytes.subarray(from, at), this.checksum)
    this.end = at
    return at === end
  }

  private clearValues({ doubles }: FileBuffer, from: number): void {
    const { values, valueCount, valueLength } = this
    for (let i = from; i < valueCount; i++) {
      doubles[values[i]!] = 0
      if (valueLength === 16) doubles[values[i]! + 1] = 0
    }
  }

  /** Makes space for the entries of a file that was never read. */
  private see(layout: FileLayout | undefined): void {
    if (layout === undefined) return
    this.valueLength = layout.valueLength
    this.reserve(layout.entries)
    this.series.values.reserve(layout.entries)
  }

  /** Adds all entries of a series at once; returns the position after them, or 0 if they are others. */
  private followRun(series: KeySeries, at: number, end: number, known: FileKeys, buffer: FileBuffer): number {
    const { totals, valueCount } = this
    const run = series.run!
    this.reserve(run.slots.length)
    const after = known.runAt(run, buffer, at, end, this.valueLength!, this.values, valueCount)
    if (after === 0) return 0
    totals!.addRun(series, this.values, valueCount)
    this.valueCount += run.slots.length
    return after
  }

  private reserve(more: number): void {
    const length = this.valueCount + more
    if (length > this.values.length) this.values = grown(this.values, Math.max(length, this.valueCount * 2))
  }
}

/** Loaded here, because only a process that answers scrapes of Python's files needs it. */
function crc32(bytes: Uint8Array, before?: number): number {
  return process.getBuiltinModule('node:zlib').crc32(bytes, before)
}
