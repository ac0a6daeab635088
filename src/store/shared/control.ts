import { dirname, join } from 'node:path'
import { reasonOf } from '../../model/errors.js'
import type { Binding } from '../../platform/addon.js'
import { hasProc } from '../../platform/proc.js'
import { monotonicNow } from '../../platform/timers.js'
import { randomBytes } from '../core/random-bytes.js'
import { Claim } from './claim.js'
import { isNotPermitted, notWritable, unusable, wipeFiles } from './directory.js'
import {
  closeQuietly,
  codeOf,
  isNoneOfOurs,
  openForWriting,
  readAt,
  removeQuietly,
  sleepSync,
  stillThere,
  unlockQuietly,
  writeAt,
} from './files.js'
import { at, beginningName, controlAt, controlName, headerSize, kinds, memberByte, runByte, states } from './format.js'
import { Head } from './head.js'
import { mapOwn, mayMap } from './ownership.js'
import { isOwn, ownerIn } from './process-facts.js'
import { Removals } from './removals.js'
import { headOf, heldBy, livesWithoutLocks } from './run-members.js'

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
          if (goesOn || beginAlone(directory, fd, binding)) {
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
 * Begins a run, unless a process without locks is beginning one. Where such a process does not see the lock of this one,
 * this one claims the right as well.
 */
function beginAlone(directory: string, fd: number, binding: Binding): boolean {
  const claim = hasProc() ? undefined : Claim.take(directory, beginningName)
  if (hasProc() ? Claim.isTaken(directory, beginningName) : claim === undefined) return false
  try {
    begin(directory, fd, binding)
    return true
  } finally {
    claim?.release()
  }
}

/**
 * Without the addon, a process cannot hold a lock, but it sees the locks of other processes in /proc/locks, or their
 * liveness files. A process that begins a run writes its facts into the head of the control file; a process that joins
 * takes a seat, whose head has its facts. The claim ensures that only one process at a time begins a run.
 */
function joinWithoutLocks(directory: string, keep: boolean): DirectoryRun {
  const path = join(directory, controlName)
  return inTurns(directory, () => {
    const fd = openForWriting(path, true)
    // A process that holds the lock exclusively is about to begin a run, or to find that this one continues. One that
    // shares it may still be looking for members: only the member byte shows that a run has some.
    const goesOn = (): boolean => {
      const { hasMembers, alone } = heldBy(directory, fd)
      return !alone && isBegun(fd) && (keep || hasMembers || livesWithoutLocks(directory, fd, undefined))
    }
    try {
      // Checking every seat takes long if many processes do it at once, and the one that begins a run has checked.
      const isBeingBegun = Claim.isTaken(directory, beginningName)
      if (!isBeingBegun && goesOn()) return bufferedRun(directory, fd, path)
      const claim = isBeingBegun ? undefined : Claim.take(directory, beginningName)
      try {
        if (claim !== undefined) {
          if (goesOn()) return bufferedRun(directory, fd, path)
          // A process with locks may be about to begin a run: it uses the lock instead of a claim.
          if (!heldBy(directory, fd).held) {
            begin(directory, fd, undefined)
            return bufferedRun(directory, fd, path)
          }
        }
      } finally {
        claim?.release()
      }
    } catch (cause) {
      closeQuietly(fd)
      throw cause
    }
    closeQuietly(fd)
    return undefined
  })
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
  head.writeOwner(ownerIn(directory, head.kind === kinds.mapped ? kinds.mapped : kinds.buffered))
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

function setState(fd: number, state: number): void {
  writeAt(fd, new Uint8Array(Int32Array.of(state).buffer), at.state)
}

/** Reads the ID of the run from an open control file; returns undefined if there is none. */
export function readRunId(fd: number): string | undefined {
  return headOf(fd)?.runId
}

/** Returns why an open control file names no run; undefined for a file that is still being written. */
export function controlFault(fd: number): string | undefined {
  const head = new Head(new Uint8Array(headerSize))
  const length = readAt(fd, head.bytes, headerSize, 0)
  // The process that begins a run reserves space first, and may die before it has written anything.
  if (head.bytes.every((byte) => byte === 0)) return undefined
  return length < headerSize ? 'too_short' : head.fault()
}
