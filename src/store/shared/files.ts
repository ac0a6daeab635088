import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Binding } from '../../platform/addon.js'
import { systemNow } from '../../platform/system-time.js'
import { onWindows } from '../../platform/windows.js'
import { randomBytes } from '../core/random-bytes.js'
import { checkReadable, checkWritable, giveToWorkers, isInTheWay, isOwn, mayRead, whyNotOpened } from './ownership.js'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants
/** The maximum number of attempts to open a file that other processes create and remove at the same time. */
const attempts = 100

/** Returns the path of a file until it is complete. A process that begins a run removes such files of dead processes. */
export function unfinishedPath(directory: string): string {
  return join(directory, `${unfinishedPrefix}${process.pid}-${randomBytes(6).toString('hex')}`)
}

const unfinishedPrefix = '.tmp-'

function isUnfinished(path: string): boolean {
  return basename(path).startsWith(unfinishedPrefix)
}

/**
 * Opens without following a link, and without waiting for a special file such as a fifo.
 *
 * Throws `ForeignFile` if it is not a regular file, or if its user is not one of the application's.
 */
export function openForReading(path: string): number {
  return openWithStats(path).fd
}

/** The same, with the facts about the file. */
export function openWithStats(path: string): { readonly fd: number; readonly stats: Stats } {
  let stats: Stats | undefined
  const fd = opened(
    path,
    O_RDONLY,
    (owner) => mayRead(owner, dirname(path)),
    (fd) => {
      stats = checkReadable(fd, path)
    },
  )
  return { fd, stats: stats! }
}

/**
 * Opens a file to write to it, or to lock it. Throws `ForeignFile` if it is not a regular file of this user.
 *
 * @param create creates the file if it is missing; an entry of that name that is not a regular file is renamed
 */
export function openForWriting(path: string, create = false): number {
  for (let attempt = 1; ; attempt++) {
    try {
      return opened(path, O_RDWR, isOwn, (fd) => checkWritable(fd, path))
    } catch (error) {
      if (!create || attempt === attempts) throw error
      if (codeOf(error) !== 'ENOENT' && !(isInTheWay(path) && freeName(path))) throw error
    }
    try {
      return createFile(path)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Creates a file. Throws `EEXIST` if it exists already. */
export function createFile(path: string): number {
  const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  giveToWorkers(fd)
  return fd
}

function opened(path: string, flags: number, allowed: (owner: number) => boolean, check: (fd: number) => void): number {
  let fd: number
  try {
    fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    throw whyNotOpened(path, error, allowed)
  }
  try {
    check(fd)
    return fd
  } catch (error) {
    closeQuietly(fd)
    throw error
  }
}

/**
 * Frees a name: removes the file, or renames an entry that cannot be removed, such as a folder. Returns false if
 * neither works.
 */
export function freeName(path: string): boolean {
  try {
    removeName(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true
  }
  try {
    renameSync(path, join(dirname(path), `bad-${basename(path)}-${systemNow()}`))
    return true
  } catch (error) {
    return codeOf(error) === 'ENOENT'
  }
}

/**
 * Removes a file. On Windows, the name of a file that a process has open is free only once the last one has closed it,
 * and a mapped file cannot be removed: there, it first gets another name, under which a later run removes it.
 */
function removeName(path: string): void {
  if (!onWindows || isUnfinished(path)) {
    unlinkSync(path)
    return
  }
  const aside = unfinishedPath(dirname(path))
  renameSync(path, aside)
  try {
    unlinkSync(aside)
  } catch {
    // In use.
  }
}

/** Reads `length` bytes at `position`; fewer only at the end of the file. */
export function readAt(fd: number, into: Uint8Array, length: number, position: number): number {
  let done = 0
  while (done < length) {
    const read = readSync(fd, into, done, length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}

/** Writes all bytes at `position`. A disk that accepts only some of them is full. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) {
    const written = writeSync(fd, bytes, done, bytes.length - done, position + done)
    if (written === 0) throw Object.assign(new Error('ENOSPC: nothing more was written'), { code: 'ENOSPC' })
    done += written
  }
}

/**
 * Returns the stats of an open file if the path still leads to it; undefined if the file was removed or replaced.
 * Throws if that cannot be determined, because a process that considers its file removed moves its counts to another
 * seat.
 */
export function stillThere(fd: number, path: string): Stats | undefined {
  const here = fstatSync(fd)
  try {
    return isSameFile(fd, path, here) ? here : undefined
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error
    return undefined
  }
}

/** The numbers of Windows have 64 bits and more, of which a number of JavaScript loses some. */
function isSameFile(fd: number, path: string, here: Stats): boolean {
  if (onWindows) return statSync(path, { bigint: true }).ino === fstatSync(fd, { bigint: true }).ino
  const there = statSync(path)
  return there.ino === here.ino && there.dev === here.dev
}

/** Whether a path no longer leads to the open file; false if that cannot be determined. */
export function isGone(fd: number, path: string): boolean {
  try {
    return stillThere(fd, path) === undefined
  } catch {
    return false
  }
}

export function removeQuietly(path: string): void {
  try {
    removeName(path)
  } catch {
    // Another process removed it, or it never existed.
  }
}

export function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // Closed already.
  }
}

/** Releases the lock on a byte at once, even if a mapping keeps the file open. */
export function unlockQuietly(binding: Binding, fd: number, byte: number): void {
  try {
    binding.lock(fd, byte, 0)
  } catch {
    // The lock ends with the process at the latest.
  }
}

/** Blocks the thread for the few milliseconds in which another process sets up a directory. */
export function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Whether a file was refused because it cannot be a file of this application. */
export function isNoneOfOurs(error: unknown): boolean {
  return ['FOREIGN_OWNER', 'NOT_A_FILE', 'ELOOP', 'ENXIO', 'EISDIR'].includes(codeOf(error))
}

export function codeOf(error: unknown): string {
  const { code, name, message } = Object(error) as Partial<NodeJS.ErrnoException>
  // Deno's error about a permission has no code, and its message names the permission.
  return code ?? (name === 'NotCapable' && message !== undefined ? message : 'EUNKNOWN')
}
