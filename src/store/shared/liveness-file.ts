import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../../model/errors.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { onWindows } from '../../platform/windows.js'
import { randomBytes } from '../core/random-bytes.js'
import { fileSystemOf } from './file-system.js'
import { closeQuietly, codeOf, isGone, removeQuietly, unfinishedPath } from './files.js'
import { livenessIdOf, livenessName } from './format.js'
import { giveToWorkers, mayRead } from './ownership.js'

/*
 * A liveness file shows that a thread lives, without the addon and without /proc. The thread holds it open, and the kernel
 * closes it when the thread or its process ends, for whatever reason. Any process can ask the kernel whether it is open,
 * also while its owner is blocked or stopped. Its name is random and never used again, so a file that is not held any more
 * stays so, and any process may remove it.
 */

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants
/** libuv's flag for a file that no other process can open meanwhile (Windows only). */
const exclusive = 0x1000_0000
/** Where the program is if PATH does not lead to it. */
const programs = ['mkfifo', '/usr/bin/mkfifo', '/bin/mkfifo']
/** The maximum number of attempts to create a file that others may remove. */
const attempts = 5
/** Milliseconds after which a program that creates a fifo is given up. */
const timeout = 10_000

interface HeldFile {
  readonly id: string
  readonly path: string
  readonly fd: number
}

/** The liveness files that this thread holds, by directory. */
const held = new Map<string, HeldFile>()
/** Why there can be none, by directory; under an empty name, why there can be none in any directory. */
const impossible = new Map<string, string>()

/** Which directories other hosts may use, or this one under another mount. */
const remote = new Map<string, boolean>()

/** Whether fifos are of no use in a directory: they end at the kernel, and with FUSE at the mount. */
function isRemote(directory: string): boolean {
  if (onWindows) return false
  const known = remote.get(directory) ?? fileSystemOf(directory).kind === 'network'
  remote.set(directory, known)
  return known
}

/** Returns why this thread has no liveness file in a directory; undefined if it has one, or has not tried. */
export function whyNoLivenessFile(directory: string): string | undefined {
  return impossible.get('') ?? impossible.get(directory)
}

/**
 * Returns the id of the file that this thread holds in a directory, which it creates if there is none. Empty if that is
 * not possible: the caller has another way to be recognised.
 */
export function livenessIdIn(directory: string): string {
  const present = held.get(directory)
  if (present !== undefined && !isGone(present.fd, present.path)) return present.id
  if (whyNoLivenessFile(directory) !== undefined) return ''
  if (isRemote(directory)) {
    impossible.set(directory, 'a fifo on a network file system shows only processes of the same mount')
    return ''
  }
  closeRemoved()
  for (let attempt = 1; ; attempt++) {
    const id = randomBytes(16).toString('hex')
    const path = join(directory, livenessName(id))
    try {
      const fd = onWindows ? openSync(path, O_RDWR | O_CREAT | O_EXCL | exclusive, 0o600) : holdFifo(directory, path)
      if (fd === undefined) return ''
      held.set(directory, { id, path, fd })
      return id
    } catch (cause) {
      // A process that began a run has removed the fifo before it had its name. Any other fault, such as too many open
      // files, may be over at the next call.
      if (codeOf(cause) !== 'ENOENT' || attempt === attempts) return ''
    }
  }
}

/** Whether the owner of a liveness file lives; undefined if that is not known here. */
export function isHeld(directory: string, id: string): boolean | undefined {
  if (id === '' || isRemote(directory)) return undefined
  const path = join(directory, livenessName(id))
  try {
    const facts = lstatSync(path, { throwIfNoEntry: false })
    if (facts === undefined) return false
    if (onWindows) {
      closeSync(openSync(path, O_RDWR))
      return false
    }
    if (!facts.isFIFO()) return false
    // A fifo can be opened for writing only if a process has it open for reading.
    const fd = openSync(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)
    const open = fstatSync(fd)
    closeSync(fd)
    return open.isFIFO() && mayRead(open.uid, directory)
  } catch (cause) {
    const code = codeOf(cause)
    if (onWindows && code === 'EBUSY') return true
    return code === 'ENXIO' || code === 'ENOENT' || code === 'ELOOP' ? false : undefined
  }
}

/** Removes the liveness files of threads that have ended. */
export function sweepLivenessFiles(directory: string): void {
  for (const name of readdirSync(directory)) {
    const id = livenessIdOf(name)
    if (id !== undefined && isHeld(directory, id) === false) removeQuietly(join(directory, name))
  }
}

/** Closes the files whose directories were removed. */
function closeRemoved(): void {
  for (const [directory, { fd, path }] of held) {
    if (!isGone(fd, path)) continue
    closeQuietly(fd)
    held.delete(directory)
  }
}

/**
 * Creates a fifo and opens it for reading. It gets its name when it is open, so no process takes it for that of a dead
 * one.
 */
function holdFifo(directory: string, path: string): number | undefined {
  const unfinished = unfinishedPath(directory)
  if (!makeFifo(unfinished, directory)) return undefined
  let fd: number | undefined
  try {
    fd = openSync(unfinished, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    if (!fstatSync(fd).isFIFO()) throw new Error('another process has replaced the fifo')
    giveToWorkers(fd)
    renameSync(unfinished, path)
    return fd
  } catch (cause) {
    if (fd !== undefined) closeQuietly(fd)
    removeQuietly(unfinished)
    throw cause
  }
}

/** Runs mkfifo(1), because Node.js cannot create a fifo. Returns false if there is none. */
function makeFifo(path: string, directory: string): boolean {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  for (const program of programs) {
    let fault: string
    try {
      const { error, status, stderr } = spawnSync(program, ['-m', '600', path], {
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'latin1',
        // Its message is matched below.
        env: { ...processEnvironment(), LC_ALL: 'C' },
        timeout,
      })
      if (status === 0) return true
      if (codeOf(error) === 'ENOENT') continue
      fault = error === undefined ? stderr.trim() : reasonOf(error)
      // The system may be able to later, such as after too many processes.
      if (error !== undefined && codeOf(error) !== 'EACCES') return false
    } catch (cause) {
      // Node's permission model forbids programs.
      impossible.set('', `mkfifo cannot be run (${reasonOf(cause)})`)
      return false
    }
    // A file system without fifos. A directory that was removed, or a full disk, may be better later.
    if (!/no such file|no space|quota/i.test(fault)) impossible.set(directory, `mkfifo fails (${fault})`)
    return false
  }
  impossible.set('', 'there is no program mkfifo')
  return false
}
