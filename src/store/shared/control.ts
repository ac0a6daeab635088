import { fstatSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { reasonOf } from '../../model/errors.js'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { monotonicNow } from '../../platform/timers.js'
import { randomBytes } from '../core/random-bytes.js'
import { claimIsDead, makeClaim } from './claim.js'
import { isNotPermitted, notWritable, seatsIn, unusable, wipeFiles } from './directory.js'
import {
  closeQuietly,
  codeOf,
  freeName,
  isNoneOfOurs,
  openForReading,
  openForWriting,
  readAt,
  removeQuietly,
  sleepSync,
  stillThere,
  unlockQuietly,
  writeAt,
} from './files.js'
import {
  at,
  beginningName,
  controlAt,
  controlName,
  headerSize,
  kinds,
  memberByte,
  runByte,
  states,
  valuesName,
} from './format.js'
import { Head } from './head.js'
import { Liveness } from './liveness.js'
import { mapOwn, mayMap } from './ownership.js'
import { isOwn, ownFacts, processAlive } from './process-facts.js'
import { Removals } from './removals.js'

/** How long joining waits for another process that is setting the directory up. */
const timeout = 10_000

/** The current run of a directory. */
export interface DirectoryRun {
  readonly id: string
  readonly gate: Int32Array
  readonly removals: Removals
  /** Whether the control file is still in the directory, neither removed nor replaced. */
  current(): boolean
  leave(): void
}

export interface JoinOptions {
  /** The directory belongs to this application only: its files are kept even if the run has no member. */
  readonly keep?: boolean
}

/**
 * Joins the run of a directory, or begins a new one.
 *
 * Every member of the run holds a shared lock on byte 0 of the control file, and the kernel releases it when the member
 * dies. A process that gets the lock exclusively is alone: the files belong to an earlier run, and it wipes them. The
 * process that loses the race may get the shared lock before the winner has wiped, or after the winner died while
 * wiping (SQLite documents this race). Therefore members also hold a second byte once they have joined, and a run
 * without members is not joined.
 */
export function joinRun(
  directory: string,
  binding: Binding | undefined,
  { keep = false }: JoinOptions = {},
): DirectoryRun {
  try {
    return binding === undefined ? joinWithoutLocks(directory, keep) : joinWithLocks(directory, binding, keep)
  } catch (cause) {
    if (isNotPermitted(codeOf(cause))) throw notWritable(directory, cause)
    if (!isNoneOfOurs(cause)) throw cause
    const advice = `remove ${join(directory, controlName)} as its owner or as root, or choose another directory with PROMHIVE_DIR`
    throw unusable(directory, `has a control file that is not used: ${reasonOf(cause)}`, advice, cause)
  }
}

function joinWithLocks(directory: string, binding: Binding, keep: boolean): DirectoryRun {
  const path = join(directory, controlName)
  return inTurns(directory, () => {
    const fd = openForWriting(path, true)
    try {
      if (binding.lock(fd, runByte, 2)) {
        if (stillThere(fd, path) !== undefined) {
          // The lock does not show writers without locks. Waits for a writer that is beginning a run.
          const goesOn = isBegun(fd) && (keep || livesWithoutLocks(directory, fd, binding))
          if (goesOn || !beingBegun(directory)) {
            if (!goesOn) begin(directory, fd, binding)
            binding.lock(fd, memberByte, 1)
            binding.lock(fd, runByte, 1)
            return lockedRun(fd, path, binding)
          }
        }
      } else if (binding.lock(fd, runByte, 1) && binding.probe(fd, memberByte) && stillThere(fd, path) !== undefined) {
        if (isBegun(fd)) {
          binding.lock(fd, memberByte, 1)
          return lockedRun(fd, path, binding)
        }
        // Members have begun this run, and the file was truncated or overwritten since. They move to the next run as
        // well.
        removeQuietly(path)
      }
    } catch (cause) {
      closeQuietly(fd)
      throw cause
    }
    closeQuietly(fd)
    return undefined
  })
}

/** Repeats an attempt until it returns a result; another process needs some milliseconds to set up a directory. */
function inTurns<T>(directory: string, attempt: () => T | undefined): T {
  const until = monotonicNow() + timeout
  for (let turn = 0; monotonicNow() < until; turn++) {
    const result = attempt()
    if (result !== undefined) return result
    sleepSync(1 + (turn % 5))
  }
  throw unusable(
    directory,
    `has been locked by another process for ${timeout / 1000} s`,
    'stop the process that holds its control file',
  )
}

function lockedRun(fd: number, path: string, binding: Binding): DirectoryRun {
  const id = readRunId(fd)!
  // Without a mapping, the gate is local to this process, and its store checks for removals itself.
  const gate = mayMap() ? new Int32Array(mapOwn(binding, fd, 0, headerSize), controlAt.gate, 1) : new Int32Array(1)
  const removals = new Removals(dirname(path), fd, binding)
  const leave = (): void => {
    // The mapping keeps the file open as long as the gate is in use, so the lock is released separately.
    for (const byte of [memberByte, runByte]) unlockQuietly(binding, fd, byte)
    closeQuietly(fd)
  }
  return { id, gate, removals, current: () => stillThere(fd, path) !== undefined && readRunId(fd) === id, leave }
}

/**
 * Without the addon, a process cannot hold a lock, but it sees the locks of other processes in /proc/locks. A process
 * that begins a run writes its facts into the head of the control file; a process that joins takes a seat, whose head
 * has its facts. The claim ensures that only one process at a time begins a run.
 */
function joinWithoutLocks(directory: string, keep: boolean): DirectoryRun {
  const path = join(directory, controlName)
  return inTurns(directory, () => {
    const fd = openForWriting(path, true)
    // A process that holds the lock exclusively is about to begin a run, or to find that this one continues. One that
    // shares it may still be looking for members: only the member byte shows that a run has some.
    const goesOn = (): boolean => {
      const { hasMembers, alone } = heldBy(fd)
      return !alone && isBegun(fd) && (keep || hasMembers || livesWithoutLocks(directory, fd, undefined))
    }
    try {
      if (goesOn()) return bufferedRun(directory, fd, path)
      if (makeClaim(directory, beginningName)) {
        try {
          if (goesOn()) return bufferedRun(directory, fd, path)
          // A process with locks may be about to begin a run: it uses the lock instead of a claim.
          if (!heldBy(fd).held) {
            begin(directory, fd, undefined)
            return bufferedRun(directory, fd, path)
          }
        } finally {
          removeQuietly(join(directory, beginningName))
        }
      } else if (claimIsDead(directory, beginningName)) freeName(join(directory, beginningName))
    } catch (cause) {
      closeQuietly(fd)
      throw cause
    }
    closeQuietly(fd)
    return undefined
  })
}

/** Returns which locks other processes hold on the control file. */
function heldBy(fd: number) {
  const [liveness, file] = [new Liveness(undefined), fstatSync(fd)]
  const hasMembers = liveness.shared(file, memberByte)
  return { held: liveness.held(fd, file), alone: liveness.heldAlone(file), hasMembers }
}

function bufferedRun(directory: string, fd: number, path: string): DirectoryRun {
  const id = readRunId(fd)!
  return {
    id,
    gate: new Int32Array(1),
    removals: new Removals(directory, fd, undefined),
    current: () => stillThere(fd, path) !== undefined && readRunId(fd) === id,
    leave() {
      endBeginning(fd, id)
      closeQuietly(fd)
    },
  }
}

/** A process that began the run and has left it must not keep the run alive. */
function endBeginning(fd: number, id: string): void {
  const head = new Head(new Uint8Array(headerSize))
  if (readAt(fd, head.bytes, headerSize, 0) < headerSize || head.runId !== id || !isOwn(head.owner())) return
  setState(fd, states.closed)
}

function begin(directory: string, fd: number, binding: Binding | undefined): void {
  binding?.reserve(fd, 0, headerSize)
  // First the ID of the new run: from now on, readers ignore the remaining files of the old run.
  const head = new Head(new Uint8Array(headerSize))
  head.create(0, new Uint8Array(16), randomBytes(16), binding === undefined ? kinds.buffered : kinds.mapped)
  head.writeOwner(ownFacts())
  head.state = states.adopting
  writeAt(fd, head.bytes, 0)
  wipeFiles(directory)
  // No process joins before that, because the wipe would remove its files.
  setState(fd, states.ready)
}

/** Whether the run that the control file names can be joined, because the process that began it has finished. */
function isBegun(fd: number): boolean {
  const head = new Head(new Uint8Array(headerSize))
  return (
    readAt(fd, head.bytes, headerSize, 0) === headerSize && head.fault() === undefined && head.state !== states.adopting
  )
}

/** Whether a process without locks is beginning a run. */
function beingBegun(directory: string): boolean {
  const claim = lstatSync(join(directory, beginningName), { throwIfNoEntry: false })
  return claim !== undefined && !claimIsDead(directory, beginningName)
}

function setState(fd: number, state: number): void {
  writeAt(fd, new Uint8Array(Int32Array.of(state).buffer), at.state)
}

/** Whether a process without a lock is in the run: the process that began it, or a writer. */
function livesWithoutLocks(directory: string, control: number, binding: Binding | undefined): boolean {
  const head = new Head(new Uint8Array(headerSize))
  readAt(control, head.bytes, headerSize, 0)
  const begun = head.kind === kinds.buffered && head.state === states.ready && processAlive(head.owner()) === true
  return begun || anyBufferedLives(directory, binding)
}

function anyBufferedLives(directory: string, binding: Binding | undefined): boolean {
  const liveness = new Liveness(binding)
  const head = new Head(new Uint8Array(headerSize))
  return seatsIn(directory).some((seat) => {
    let fd: number | undefined
    try {
      fd = openForReading(join(directory, valuesName(seat)))
      if (readAt(fd, head.bytes, headerSize, 0) < headerSize || head.fault() !== undefined) return false
      return head.kind === kinds.buffered && liveness.ownerLives(fd, fstatSync(fd), head)
    } catch (error) {
      // No process of the application can write to such a file. Any other error may hide a living writer, whose counts
      // must not be wiped.
      if (isNoneOfOurs(error) || ['ENOENT', 'EACCES', 'EPERM'].includes(codeOf(error))) return false
      throw error
    } finally {
      if (fd !== undefined) closeQuietly(fd)
    }
  })
}

/** Reads the ID of the run from an open control file; returns undefined if there is none. */
export function readRunId(fd: number): string | undefined {
  const head = new Head(new Uint8Array(headerSize))
  if (readAt(fd, head.bytes, headerSize, 0) < headerSize) return undefined
  return head.fault() === undefined ? head.runId : undefined
}

/** Returns why an open control file names no run; undefined for a file that is still being written. */
export function controlFault(fd: number): string | undefined {
  const head = new Head(new Uint8Array(headerSize))
  const length = readAt(fd, head.bytes, headerSize, 0)
  // The process that begins a run reserves space first, and may die before it has written anything.
  if (head.bytes.every((byte) => byte === 0)) return undefined
  return length < headerSize ? 'too_short' : head.fault()
}

/** Whether any process is in the run of a directory; true if that cannot be determined. */
export function directoryInUse(directory: string): boolean {
  const { binding } = loadBinding()
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, controlName))
    return new Liveness(binding).held(fd, fstatSync(fd)) || livesWithoutLocks(directory, fd, binding)
  } catch (error) {
    // An entry that is not a file has no members with locks, but there may be writers without locks.
    if (isNoneOfOurs(error) && codeOf(error) !== 'FOREIGN_OWNER') return anyBufferedLives(directory, binding)
    return codeOf(error) !== 'ENOENT'
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}
