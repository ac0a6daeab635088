import { readdirSync, type Stats } from 'node:fs'
import type { MetricsError } from '../../model/errors.js'
import type { SampleFamily } from '../../model/family.js'
import type { Pause, Source, SourceReading, WriterSnapshot } from '../contract.js'
import { FileViews } from '../shared/file-views.js'
import { codeOf } from '../shared/files.js'
import { Definitions } from './definitions.js'
import { FileBuffer } from './file-buffer.js'
import type { FileCircumstances } from './file-entries.js'
import { type FileGauges, onlyEpoch } from './file-gauges.js'
import { FileKeys } from './file-key.js'
import { fileNameOf, isDatabase } from './file-name.js'
import { FileProcesses, type WrittenFile } from './file-processes.js'
import { FileReader } from './file-reader.js'
import { FileTotals } from './file-totals.js'
import { type OwnedTotals, SummedFiles } from './summed-files.js'

/** A family may get another label from each file; the last reading is shown in any case. */
const mostRounds = 3
/** Bytes of keys that are kept in any case. */
const keysKept = 1024 * 1024
const none = new Float64Array(0)

/**
 * Reads the files that processes with Python's client write to a directory, in its multiprocess mode. Each file is a writer
 * like a seat, so its families are merged with those of other writers. Counters, histograms and summaries are summed up here,
 * and one more writer has the sums.
 *
 * A file that cannot be read never fails the reading: it is reported, and its last good values are shown.
 */
export class PythonSource implements Source {
  private readonly readers = new Map<string, FileReader>()
  private readonly buffer = new FileBuffer()
  private readonly processes: FileProcesses
  private definitions = new Definitions()
  private sums = new SummedFiles()
  private keys = newKeys()

  /** @param views reads the values of known entries without copying the files; by default the files are read */
  constructor(
    readonly directory: string,
    private readonly views = new FileViews(undefined),
  ) {
    this.processes = new FileProcesses(directory)
  }

  async read(pause: Pause): Promise<SourceReading> {
    const foreign = this.list()
    const faults = await this.readAll([...this.readers.keys()], pause)
    const readers = [...this.readers.values()]
    const written = readers.filter(isWritten)
    const live = await this.processes.live(written, pause)
    const shown = readers.filter(isShown)
    await this.sums.build(totalsOf(shown, live), pause)
    const writers: WriterSnapshot[] = shown.length === 0 ? [] : [this.writerOfSums()]
    for (const reader of shown) writers.push(writerOf(reader, live.has(reader.file.name)))
    const skipped = foreign + readers.filter(({ isForeign }) => isForeign).length
    const incomplete = [...faults].find(([reader, fault]) => reader.isMissing(fault))?.[1]
    return { writers, errors: [...faults.values()], incomplete, selfFamilies: ownFamilies(written, live, skipped) }
  }

  /** The names of the files of Python's client that the last reading found. */
  get fileNames(): readonly string[] {
    return [...this.readers.values()].filter(({ isForeign }) => !isForeign).map(({ file }) => file.name)
  }

  close(): void {
    for (const reader of this.readers.values()) reader.close()
    this.readers.clear()
  }

  private async readAll(names: readonly string[], pause: Pause): Promise<ReadonlyMap<FileReader, MetricsError>> {
    const { buffer, definitions, sums, views } = this
    const circumstances: FileCircumstances = { buffer, definitions, sums, keys: this.keysToUse(), views, pause }
    const faults = new Map<FileReader, MetricsError>()
    for (let round = 1; round <= mostRounds; round++) {
      const { edition } = definitions
      faults.clear()
      for (const name of names) {
        const reader = this.readers.get(name)
        const reading = reader?.read(circumstances)
        const fault = reading instanceof Promise ? await reading : reading
        if (reader?.isGone) this.readers.delete(name)
        else if (fault !== undefined) faults.set(reader!, fault)
        if (pause.due()) await pause.rest()
      }
      if (edition === definitions.edition) break
    }
    return faults
  }

  /** Makes a reader for each file of Python's client; returns how many other databases there are. */
  private list(): number {
    const names = databasesIn(this.directory)
    // The source of the directory reports that. All files are read again under their known names.
    if (names === undefined) return 0
    const before = new Map(this.readers)
    this.readers.clear()
    for (const name of names) {
      const reader = before.get(name) ?? this.readerOf(name)
      if (reader !== undefined) this.readers.set(name, reader)
      before.delete(name)
    }
    for (const reader of before.values()) reader.close()
    if (this.readers.size === 0) this.forget()
    return names.length - this.readers.size
  }

  private readerOf(name: string): FileReader | undefined {
    const file = fileNameOf(name)
    return file && new FileReader(this.directory, file)
  }

  private forget(): void {
    this.definitions = new Definitions()
    this.sums = new SummedFiles()
    this.keys = newKeys()
  }

  /**
   * Returns the keys that are known, because later processes have the same ones. If they are larger than all files together,
   * many of them are in no file any more.
   */
  private keysToUse(): FileCircumstances['keys'] {
    let known = 0
    for (const { size } of Object.values(this.keys)) known += size
    let read = 0
    for (const { length } of this.readers.values()) read += length
    if (known > read + keysKept) this.keys = newKeys()
    return this.keys
  }

  private writerOfSums(): WriterSnapshot {
    const { log, values, owners } = this.sums
    const common = {
      seat: 0,
      client: 'python',
      live: false,
      epoch: onlyEpoch,
      startedAt: 0,
      bytes: 0,
      dropped: 0,
    } as const
    return { ...common, writer: 'python-sums', owners, log, values }
  }
}

/** Returns the names in their order, because sums of fractions depend on it; undefined if they cannot be listed. */
function databasesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory).filter(isDatabase).sort()
  } catch (cause) {
    return codeOf(cause) === 'ENOENT' ? [] : undefined
  }
}

function newKeys(): FileCircumstances['keys'] {
  return {
    counter: new FileKeys('counter'),
    gauge: new FileKeys('gauge'),
    histogram: new FileKeys('histogram'),
    summary: new FileKeys('summary'),
  }
}

/** A reader whose file was seen. */
type SeenReader = FileReader & { readonly stats: Stats }
/** A reader that has series. */
type ShownReader = SeenReader & { readonly series: FileGauges | FileTotals }

function isWritten(reader: FileReader): reader is SeenReader {
  return reader.stats !== undefined && !reader.isForeign
}

function isShown(reader: FileReader): reader is ShownReader {
  return reader.stats !== undefined && reader.series !== undefined
}

function totalsOf(readers: readonly ShownReader[], live: ReadonlySet<string>): readonly OwnedTotals[] {
  const owned: OwnedTotals[] = []
  for (const { file, stats, series } of readers) {
    if (!(series instanceof FileTotals)) continue
    owned.push({ totals: series, owner: { live: live.has(file.name), startedAt: stats.birthtimeMs / 1000 } })
  }
  return owned
}

function writerOf({ file, stats, id, series }: ShownReader, live: boolean): WriterSnapshot {
  const isSummed = series instanceof FileTotals
  return {
    writer: `python-${id}`,
    seat: 0,
    process: file.process,
    client: 'python',
    live,
    epoch: onlyEpoch,
    startedAt: stats.birthtimeMs / 1000,
    log: series.log,
    bytes: stats.size,
    dropped: 0,
    values: isSummed ? none : series.dense,
    ...(isSummed && { summedSeries: () => series.countByFamily() }),
  }
}

/** Self-metrics, in a directory that has such files. */
function ownFamilies(
  files: readonly WrittenFile[],
  live: ReadonlySet<string>,
  foreign: number,
): readonly SampleFamily[] {
  const families: SampleFamily[] = []
  if (files.length > 0) {
    const all = new Set<string>()
    const running = new Set<string>()
    for (const { file } of files) {
      all.add(file.process)
      if (live.has(file.name)) running.add(file.process)
    }
    const name = 'promhive_python_processes'
    families.push({
      name,
      help: 'Processes that wrote files of Python’s client here, living and dead.',
      type: 'gauge',
      samples: [
        { name, labels: { state: 'live' }, value: running.size },
        { name, labels: { state: 'dead' }, value: all.size - running.size },
      ],
    })
  }
  if (foreign > 0) {
    const name = 'promhive_foreign_files'
    const help = 'Files *.db that are not of Python’s client; they are not read.'
    families.push({ name, help, type: 'gauge', samples: [{ name, labels: {}, value: foreign }] })
  }
  return families
}
