import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { seatsIn } from './directory.js'
import { closeQuietly, codeOf, isNoneOfOurs, openForReading, readAt } from './files.js'
import { controlName, headerSize, kinds, memberByte, runByte, states, valuesName } from './format.js'
import { Head } from './head.js'
import { Liveness } from './liveness.js'
import { isHeld } from './liveness-file.js'
import { processAlive } from './process-facts.js'
import { isGuest } from './seat-numbers.js'

/*
 * Which processes are in a run: those with a lock on the control file, and where a lock cannot be seen, the process that
 * began the run and the writers.
 */

/** Reads the head of an open control file; returns undefined if it is not valid. */
export function headOf(fd: number): Head | undefined {
  const head = new Head(new Uint8Array(headerSize))
  if (readAt(fd, head.bytes, headerSize, 0) < headerSize) return undefined
  return head.fault() === undefined ? head : undefined
}

/**
 * Returns which locks other processes hold on the control file. Throws if locks cannot be seen, and the process that
 * began the run relies on them.
 */
export function heldBy(directory: string, fd: number) {
  const [liveness, file, head] = [new Liveness(directory, undefined), fstatSync(fd), headOf(fd)]
  const isByLocks = head?.kind === kinds.mapped && head.livenessId === ''
  if (!isByLocks && !liveness.seesLocks) return { held: false, alone: false, hasMembers: false }
  const hasMembers = liveness.shared(file, memberByte)
  return { held: liveness.held(fd, file), alone: liveness.heldAlone(file, runByte), hasMembers }
}

/** Whether a process is in the run of an open control file. */
export function runLives(directory: string, fd: number, binding: Binding | undefined): boolean {
  const isLocked =
    binding === undefined ? heldBy(directory, fd).held : new Liveness(directory, binding).held(fd, fstatSync(fd))
  return isLocked || livesWithoutLocks(directory, fd, binding)
}

/** Whether any process is in the run of a directory; true if that cannot be determined. */
export function directoryInUse(directory: string): boolean {
  const { binding } = loadBinding()
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, controlName))
    return runLives(directory, fd, binding)
  } catch (error) {
    // An entry that is not a file has no members with locks, but there may be writers without locks.
    if (isNoneOfOurs(error) && codeOf(error) !== 'FOREIGN_OWNER') return anyWriterLives(directory, binding, undefined)
    return codeOf(error) !== 'ENOENT'
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/** Whether a process whose lock cannot be seen is in the run: the process that began it, or a writer. */
export function livesWithoutLocks(directory: string, control: number, binding: Binding | undefined): boolean {
  const head = headOf(control)
  return (head !== undefined && beginnerLives(directory, head)) || anyWriterLives(directory, binding, head?.runId)
}

function beginnerLives(directory: string, head: Head): boolean {
  if (head.state !== states.ready) return false
  const owner = head.owner()
  return isHeld(directory, owner.livenessId) ?? (head.kind === kinds.buffered && processAlive(owner) === true)
}

function anyWriterLives(directory: string, binding: Binding | undefined, runId: string | undefined): boolean {
  const liveness = new Liveness(directory, binding)
  const head = new Head(new Uint8Array(headerSize))
  return seatsIn(directory).some((seat) => {
    // A process outside of the application does not keep the run alive.
    if (isGuest(seat)) return false
    let fd: number | undefined
    try {
      fd = openForReading(join(directory, valuesName(seat)))
      if (readAt(fd, head.bytes, headerSize, 0) < headerSize || head.fault() !== undefined) return false
      // The locks on the control file show the others.
      const isUnseen = head.kind === kinds.buffered || (head.runId === runId && !liveness.seesLocks)
      return isUnseen && liveness.ownerLives(fd, fstatSync(fd), head)
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
