import type { WriterSnapshot } from '../store/contract.js'
import { columns } from './columns.js'
import { print } from './output.js'
import { seriesByFamily } from './series-by-family.js'

/** The facts about one file of Python's client. */
export interface PythonFileFacts {
  readonly file: string
  readonly process: string
  readonly live: boolean
  readonly families: Readonly<Record<string, number>>
  readonly series: number
  readonly bytes: number
}

/** Returns the writers that are files of Python's client. One more writer has the sums of all files, and no process. */
export function pythonFiles(writers: readonly WriterSnapshot[]): readonly WriterSnapshot[] {
  return writers.filter(({ client, process }) => client === 'python' && process !== undefined)
}

/** @param writer a file */
export function describePythonFile({
  writer,
  process = '',
  live,
  log,
  bytes,
  summedSeries,
}: WriterSnapshot): PythonFileFacts {
  const families = summedSeries === undefined ? seriesByFamily(log) : Object.fromEntries(summedSeries())
  const series = Object.values(families).reduce((sum, count) => sum + count, 0)
  // Its name is `python-<file>-<inode>`.
  const file = writer.slice(writer.indexOf('-') + 1, writer.lastIndexOf('-'))
  return { file, process, live, families, series, bytes }
}

export function printPythonFiles(files: readonly PythonFileFacts[]): void {
  const processes = new Set(files.map(({ process }) => process))
  print(`  ${files.length} files of ${processes.size} processes with Python's client`)
  const rows = files.map(({ file, process, live, families, series, bytes }) => [
    file,
    process,
    live ? 'live' : 'dead',
    String(Object.keys(families).length),
    String(series),
    `${bytes} B`,
  ])
  for (const line of columns([['file', 'process', 'state', 'families', 'series', 'size'], ...rows])) print(`  ${line}`)
}
