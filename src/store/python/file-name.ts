import type { GaugeMode } from '../../model/metric-type.js'

/** The types that Python's client writes to files. */
export type FileType = 'counter' | 'gauge' | 'histogram' | 'summary'

/** What the name of a file states about its values. */
export interface FileName {
  readonly name: string
  readonly type: FileType
  /** Of a file of gauges: how they are merged. */
  readonly mode: GaugeMode | undefined
  /** The pid of the process that writes the file, or what the application uses instead of it. */
  readonly process: string
  /** Whether that is a pid. */
  readonly isPid: boolean
}

const pattern = /^(?:(counter|histogram|summary)|gauge_((?:live)?(?:all|min|max|sum|mostrecent)))_(.+)\.db$/

/** Reads the name of a file; undefined if Python's client writes no file of this name. */
export function fileNameOf(name: string): FileName | undefined {
  const [, type, mode, process] = pattern.exec(name) ?? []
  if (process === undefined) return undefined
  const isPid = /^[1-9]\d{0,9}$/.test(process)
  return { name, type: (type as FileType | undefined) ?? 'gauge', mode: mode as GaugeMode | undefined, process, isPid }
}

/** Whether a file has the ending of those files, which other databases have as well. */
export function isDatabase(name: string): boolean {
  return name.endsWith('.db')
}
