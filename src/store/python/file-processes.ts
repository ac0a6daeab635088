import { readFileSync, type Stats } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import type { Pause } from '../../model/pause.js'
import { isInProc, procPath } from '../../platform/proc.js'
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
 * In another container, pids mean something else. A file whose values keep changing although its process is not visible
 * counts as live as long as it exists. So does every file if no process of the directory has ever been visible, unless all processes
 * of the machine are.
 */
export class FileProcesses {
  private anySeen = false
  /** File → start of the process that has mapped it. */
  private readonly mapped = new Map<string, number>()
  private readonly changedOnce = new Set<string>()
  private readonly unseenWriters = new Set<string>()

  constructor(private readonly directory: string) {}

  /** Returns the names of the files whose processes run. */
  async live(files: readonly WrittenFile[], pause: Pause): Promise<ReadonlySet<string>> {
    const live = new Set<string>()
    const processes = new Map<string, FileProcess>()
    for (const written of files) {
      const { file, changed } = written
      let process = processes.get(file.process)
      if (process === undefined) processes.set(file.process, (process = new FileProcess(file.process)))
      if (pause.due()) await pause.rest()
      if (this.isVisible(written, process)) {
        live.add(file.name)
        this.anySeen = true
      } else if (changed) this.noteChange(idOf(written))
    }
    const asInPython = !this.anySeen && (!seesAllProcesses() || this.unseenWriters.size > 0)
    for (const written of files) {
      if (asInPython || !isPid(written.file.process) || this.unseenWriters.has(idOf(written)))
        live.add(written.file.name)
    }
    this.forgetOthers(files)
    return live
  }

  /**
   * Notes that a file changed although its process is not visible. Once is not enough: the process may have ended since its
   * last change.
   */
  private noteChange(id: string): void {
    if (this.mapped.has(id)) return
    if (this.changedOnce.has(id)) this.unseenWriters.add(id)
    this.changedOnce.add(id)
  }

  private isVisible(written: WrittenFile, process: FileProcess): boolean {
    const { start } = process
    if (start === undefined) return false
    // Without /proc, only the pid is known.
    if (start === 0) return true
    const id = idOf(written)
    if (this.mapped.get(id) === start) return true
    const { file, stats } = written
    const { maps } = process
    if (maps === undefined) return startedAt(start) <= stats.mtimeMs / 1000 + tolerance
    const path = join(this.directory, file.name)
    const mapped = maps.some(
      (line) => line.endsWith(`/${file.name}`) && (line.includes(` ${stats.ino} `) || line.endsWith(` ${path}`)),
    )
    if (mapped) this.mapped.set(id, start)
    return mapped
  }

  private forgetOthers(files: readonly WrittenFile[]): void {
    const { mapped, changedOnce, unseenWriters } = this
    if (mapped.size <= files.length && changedOnce.size <= files.length) return
    const present = new Set(files.map(idOf))
    for (const known of [mapped, changedOnce, unseenWriters]) {
      for (const id of known.keys()) if (!present.has(id)) known.delete(id)
    }
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
  hasProc ??= isInProc('self/stat')
  if (!hasProc) return answers(Number(process)) ? 0 : undefined
  // Without an error, which takes longer than everything else here.
  return isInProc(`${process}/stat`) ? runningSince(Number(process)) : undefined
}

function startedAt(ticks: number): number {
  return Date.now() / 1000 - uptime() + ticks / ticksPerSecond
}

/** A process in one scrape. What the system shows of it is read once, when it is needed. */
class FileProcess {
  /** When it started, in ticks; 0 if only its existence is known, and undefined if it does not run. */
  readonly start: number | undefined
  private files: readonly string[] | undefined

  constructor(private readonly id: string) {
    this.start = startOf(id)
  }

  /** The lines about the files of databases that it has mapped; undefined if they are not visible. */
  get maps(): readonly string[] | undefined {
    try {
      this.files ??= readFileSync(procPath(`${this.id}/maps`), 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('.db'))
      return this.files
    } catch {
      return undefined
    }
  }
}
