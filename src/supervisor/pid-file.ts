import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { MetricsError } from '../model/errors.js'
import { loadBinding } from '../platform/addon.js'
import { isInProc, procPath } from '../platform/proc.js'
import { onWindows } from '../platform/windows.js'
import { textOf } from './log.js'
import { lineageOf } from './process-sample.js'

/**
 * Seconds by which the start of a process and the time of its file may differ, because of clocks and of the delay of
 * writing.
 */
const slack = 2
/** The maximum number of attempts, if other processes replace a stale file at the same time. */
const attempts = 5

/**
 * Writes the pid of this process to a file atomically. The file of a process that has ended is replaced.
 *
 * @returns a function that removes the file, if it still is that of this process; it never throws, and a second call
 * does nothing
 * @throws MetricsError `START_FAILED` if a running process has the file, or it cannot be written; `OPTION_INVALID` if
 * the file exists and is not a pid file
 */
export function takePidFile(path: string): () => void {
  const fresh = `${path}.${process.pid}`
  try {
    rmSync(fresh, { force: true })
    write(fresh)
    for (let attempt = 1; !appears(fresh, path); attempt++) {
      if (attempt === attempts) throw new Error('other processes take it at the same time')
      clearStale(path)
    }
  } catch (cause) {
    if (cause instanceof MetricsError) throw cause
    throw new MetricsError('START_FAILED', `--pid-file ${path} cannot be written: ${textOf(cause)}`, { cause })
  } finally {
    rmSync(fresh, { force: true })
  }
  const { ino } = lstatSync(path)
  let held = true
  return () => {
    // Once: a later file of another process may have the same inode.
    if (!held) return
    held = false
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true })
    } catch {
      // The file is stale then, and the next start replaces it.
    }
  }
}

function write(path: string): void {
  writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: 0o644 })
}

/** Gives a file its final name. @returns false if a file has that name already */
function appears(fresh: string, path: string): boolean {
  try {
    linkSync(fresh, path)
    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // The file system has no hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw cause
  }
  try {
    write(path)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

/** Removes a pid file if its process has ended. */
function clearStale(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return
  const text = facts.isFile() ? readFileSync(path, 'latin1').trim() : ''
  if (!/^\d+$/.test(text)) {
    throw new MetricsError('OPTION_INVALID', `--pid-file ${path} exists, and is not a pid file; name another path`)
  }
  if (isAlive(Number(text), facts.mtimeMs / 1000)) {
    const way = `stop it (${onWindows ? 'taskkill /PID' : 'kill'} ${text}), or name another file`
    throw new MetricsError('START_FAILED', `--pid-file ${path} belongs to process ${text}, which is running; ${way}`)
  }
  // Renamed first, because another process may have replaced the file since the check.
  const aside = `${path}.${process.pid}.stale`
  renameSync(path, aside)
  if (lstatSync(aside).ino !== facts.ino) appears(aside, path)
  rmSync(aside, { force: true })
}

/** Whether the process that wrote a pid at that time is running, and not a later process with the same number. */
function isAlive(pid: number, writtenAt: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  if (onWindows) return startedByThen(pid, writtenAt)
  const lineage = lineageOf(pid)
  if (lineage === undefined) return !isInProc('self')
  if (lineage.zombie) return false
  const startedAt = bootTime() + lineage.startTicks / 100
  return startedAt <= writtenAt + slack
}

/** Whether a running process was there at that time; assumed without the addon, which knows when it began. */
function startedByThen(pid: number, writtenAt: number): boolean {
  try {
    const started = loadBinding().binding?.started?.(pid)
    return started === undefined || started / 1000 <= writtenAt + slack
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Returns the boot time in seconds since 1970; minus infinity if it is unknown. */
function bootTime(): number {
  try {
    return Number(/^btime (\d+)$/m.exec(readFileSync(procPath('stat'), 'latin1'))?.[1] ?? Number.NEGATIVE_INFINITY)
  } catch {
    return Number.NEGATIVE_INFINITY
  }
}
