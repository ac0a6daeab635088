import { existsSync, readFileSync, type Stats } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { answers, runningSince, seesAllProcesses } from '../shared/process-facts.js'
import type { FileName } from './file-name.js'

/** The kernel counts the start of a process in ticks of this part of a second. */
const ticksPerSecond = 100
/** Seconds by which the times of a file and of a process may differ. */
const tolerance = 2

/** A file, as far as it shows whether its process runs. */
export interface WrittenFile {
  readonly file: FileName
  readonly stats: Stats
  /** Whether its values changed since the last scrape. */
  readonly changed: boolean
}

/**
 * Determines whether the processes that wrote files of Python's client still run. The client itself does not: it shows a
 * file until `mark_process_dead()` removes it.
 *
 * The pid in the name of the file may belong to a later process by now, so a process counts only if it has mapped the file.
 * If that is not visible, because the process belongs to another user, it must have started before the file was written.
 *
 * In another container, pids mean something else. A file whose values change although its process is not visible counts as
 * live as long as it exists. So does every file if no process of the directory has ever been visible, unless all processes
 * of the machine are.
 */
export class FileProcesses {
  private anySeen = false
  /** File → start of the process that has mapped it. */
  private readonly mapped = new Map<string, number>()
  private readonly unseenWriters = new Set<string>()

  constructor(private readonly directory: string) {}

  /** Returns the names of the files whose processes run. */
  live(files: readonly WrittenFile[]): ReadonlySet<string> {
    const live = new Set<string>()
    const starts = new Map<string, number | undefined>()
    for (const written of files) {
      const { file, changed } = written
      if (!starts.has(file.process)) starts.set(file.process, startOf(file.process))
      if (this.isVisible(written, starts.get(file.process))) {
        live.add(file.name)
        this.anySeen = true
      } else if (changed) this.unseenWriters.add(idOf(written))
    }
    const asInPython = !this.anySeen && (!seesAllProcesses() || this.unseenWriters.size > 0)
    for (const written of files) {
      if (asInPython || !isPid(written.file.process) || this.unseenWriters.has(idOf(written)))
        live.add(written.file.name)
    }
    this.forgetOthers(files)
    return live
  }

  private isVisible(written: WrittenFile, start: number | undefined): boolean {
    if (start === undefined) return false
    // Without /proc, only the pid is known.
    if (start === 0) return true
    const id = idOf(written)
    if (this.mapped.get(id) === start) return true
    const { file, stats } = written
    const maps = mapsOf(file.process)
    if (maps === undefined) return startedAt(start) <= stats.mtimeMs / 1000 + tolerance
    const path = join(this.directory, file.name)
    const mapped = maps
      .split('\n')
      .some((line) => line.endsWith(`/${file.name}`) && (line.includes(` ${stats.ino} `) || line.endsWith(` ${path}`)))
    if (mapped) this.mapped.set(id, start)
    return mapped
  }

  private forgetOthers(files: readonly WrittenFile[]): void {
    if (this.mapped.size <= files.length && this.unseenWriters.size <= files.length) return
    const present = new Set(files.map(idOf))
    for (const id of this.mapped.keys()) if (!present.has(id)) this.mapped.delete(id)
    for (const id of this.unseenWriters) if (!present.has(id)) this.unseenWriters.delete(id)
  }
}

function idOf({ file, stats }: WrittenFile): string {
  return `${file.name} ${stats.ino}`
}

/** An application may use another name for its processes than the pid. */
function isPid(process: string): boolean {
  return /^[1-9]\d{0,9}$/.test(process)
}

let hasProc: boolean | undefined

/** Returns when a process started, in ticks; 0 if only its existence is known, and undefined if there is none. */
function startOf(process: string): number | undefined {
  if (!isPid(process)) return undefined
  hasProc ??= existsSync('/proc/self/stat')
  if (!hasProc) return answers(Number(process)) ? 0 : undefined
  // Without an error, which takes longer than everything else here.
  return existsSync(`/proc/${process}/stat`) ? runningSince(Number(process)) : undefined
}

function startedAt(ticks: number): number {
  return Date.now() / 1000 - uptime() + ticks / ticksPerSecond
}

function mapsOf(process: string): string | undefined {
  try {
    return readFileSync(`/proc/${process}/maps`, 'utf8')
  } catch {
    return undefined
  }
}
