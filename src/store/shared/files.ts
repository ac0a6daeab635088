import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binding } from '#native'
import { randomBytes } from '../random-bytes.js'

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants

/** Where a file is made that nobody may see before it is whole. Who begins a run removes those of the dead. */
export function unfinishedPath(directory: string): string {
  return join(directory, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`)
}

/** Opens without following a link, and without waiting for anything that is no regular file (a fifo, say). */
export function openForReading(path: string): number {
  return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
}

export function openForWriting(path: string, create = false): number {
  const fd = openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | (create ? O_CREAT : 0), 0o600)
  if (create) giveAway(fd, path)
  return fd
}

/**
 * What root makes in a user's directory becomes the user's: a supervisor that keeps its privileges counts together with
 * workers that dropped theirs. Only a file that has just been made, and has no other name.
 */
function giveAway(fd: number, path: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  const file = fstatSync(fd)
  if (uid !== 0 && file.uid === 0 && file.size === 0 && file.nlink === 1 && file.isFile()) fchownSync(fd, uid, gid)
}

/** Reads up to `length` bytes at `position`; fewer only where the file ends. */
export function readAt(fd: number, into: Uint8Array, length: number, position: number): number {
  let done = 0
  while (done < length) {
    const read = readSync(fd, into, done, length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}

/** Writes all of it at `position`; a disk that takes only a part is a full one. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) {
    const written = writeSync(fd, bytes, done, bytes.length - done, position + done)
    if (written === 0) throw Object.assign(new Error('ENOSPC: nothing more was written'), { code: 'ENOSPC' })
    done += written
  }
}

/**
 * The file's facts when the path still leads to this open file; undefined when it was removed or replaced. Throws where
 * that cannot be told: who takes a file for gone sits down elsewhere with all that it counted.
 */
export function stillThere(fd: number, path: string): Stats | undefined {
  const here = fstatSync(fd)
  try {
    const there = statSync(path)
    return there.ino === here.ino && there.dev === here.dev ? here : undefined
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error
    return undefined
  }
}

/** Whether a path leads to another file than the open one. Where that cannot be seen, it is a fault of the file. */
export function isGone(fd: number, path: string): boolean {
  try {
    return stillThere(fd, path) === undefined
  } catch {
    return false
  }
}

export function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Somebody else removed it, or it never was.
  }
}

export function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // Closed already.
  }
}

/** Lets go of a byte at once, also where a mapping keeps the file open; else the lock ends with the process. */
export function unlockQuietly(binding: Binding, fd: number, byte: number): void {
  try {
    binding.lock(fd, byte, 0)
  } catch {
    // It ends with the process at the latest.
  }
}

/** Sleeps without giving up the thread: for the few milliseconds in which another process sets up a directory. */
export function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException)?.code ?? 'EUNKNOWN'
}
