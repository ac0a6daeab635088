import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { MetricsError } from '../model/errors.js'
import { textOf } from './log.js'
import { lineageOf } from './process-sample.js'

/** Seconds by which the start of a process and the time of its file may differ: of clocks, and of when it was written. */
const slack = 2
/** How often a stale file is replaced by another process just then, before that is an error. */
const attempts = 5

/**
 * Writes the pid of this process to a file, which appears with its contents or not at all. The file of a process that has
 * ended is replaced.
 *
 * @returns removes the file, if it still is the one of this process; calling it again does nothing, and it does not throw
 * @throws MetricsError `START_FAILED` when a living process has the file, or it cannot be written; `OPTION_INVALID` when the
 *   file exists and is not a pid file
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
      // It is stale then, and the next start replaces it.
    }
  }
}

function write(path: string): void {
  writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: 0o644 })
}

/** Gives a file its final name. @returns false when there is one of that name */
function appears(fresh: string, path: string): boolean {
  try {
    linkSync(fresh, path)
    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // A file system without hard links.
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

/** Removes the file of a process that has ended, and no other. */
function clearStale(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return
  const text = facts.isFile() ? readFileSync(path, 'latin1').trim() : ''
  if (!/^\d+$/.test(text)) {
    throw new MetricsError('OPTION_INVALID', `--pid-file ${path} exists, and is not a pid file; name another path`)
  }
  if (isAlive(Number(text), facts.mtimeMs / 1000)) {
    const way = `stop it (kill ${text}), or name another file`
    throw new MetricsError('START_FAILED', `--pid-file ${path} belongs to process ${text}, which is running; ${way}`)
  }
  // Under another name first: between the look and now, another process may have replaced it.
  const aside = `${path}.${process.pid}.stale`
  renameSync(path, aside)
  if (lstatSync(aside).ino !== facts.ino) appears(aside, path)
  rmSync(aside, { force: true })
}

/** Whether the process that wrote a pid at that time is running; not a later process that has got the same number. */
function isAlive(pid: number, writtenAt: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const lineage = lineageOf(pid)
  if (lineage === undefined) return process.platform !== 'linux'
  if (lineage.zombie) return false
  const startedAt = bootTime() + lineage.startTicks / 100
  return startedAt <= writtenAt + slack
}

/** In seconds since 1970; infinitely early where it is not known. */
function bootTime(): number {
  try {
    return Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? Number.NEGATIVE_INFINITY)
  } catch {
    return Number.NEGATIVE_INFINITY
  }
}
