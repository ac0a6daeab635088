import { fstatSync, linkSync } from 'node:fs'
import { join } from 'node:path'
import {
  closeQuietly,
  createFile,
  isNoneOfOurs,
  openForReading,
  readAt,
  removeQuietly,
  unfinishedPath,
  writeAt,
} from './files.js'
import type { OwnerFacts } from './head.js'
import { ownFacts, processAlive } from './process-facts.js'

/** Seconds in which a process must have done what it made a claim for. */
const timeout = 30
/** Bytes of a claim that is believed. */
const largest = 4096

/**
 * A file that only one process can create, and that names it: the right to do something alone, where there are no locks.
 * False when it is there already.
 */
export function makeClaim(directory: string, name: string): boolean {
  const unfinished = unfinishedPath(directory)
  const fd = createFile(unfinished)
  try {
    writeAt(fd, Buffer.from(JSON.stringify(ownFacts())), 0)
    linkSync(unfinished, join(directory, name))
    return true
  } catch {
    return false
  } finally {
    closeQuietly(fd)
    removeQuietly(unfinished)
  }
}

/** Whether no process of the application will use the claim any more; true for what none of them has made. */
export function claimIsDead(directory: string, name: string): boolean {
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, name))
    const owner = ownerFrom(fd, fstatSync(fd).size)
    // A claim gets its name when it is whole: this is none.
    if (owner === undefined) return true
    // Also where its time is in the future: the clock was set back since.
    return processAlive(owner) === false || Math.abs(Date.now() / 1000 - owner.startedAt) > timeout
  } catch (error) {
    return isNoneOfOurs(error)
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/** What a claim says of the process that made it; undefined where it says nothing of the kind. */
function ownerFrom(fd: number, size: number): OwnerFacts | undefined {
  if (size > largest) return undefined
  const bytes = Buffer.alloc(size)
  try {
    const owner = JSON.parse(bytes.toString('utf8', 0, readAt(fd, bytes, size, 0))) as OwnerFacts
    return typeof owner.pid === 'number' && typeof owner.startedAt === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}
