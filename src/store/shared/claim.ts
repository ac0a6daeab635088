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

/** Seconds after which a claim expires. */
const timeout = 30
/** The maximum size of a valid claim, in bytes. */
const largest = 4096

/**
 * Creates a file that names this process and that only one process can create: an exclusive right where locks are not
 * available. Returns false if the file exists already.
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

/** Whether no process of the application will use the claim any more; also true for a file that none of them has made. */
export function claimIsDead(directory: string, name: string): boolean {
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, name))
    const owner = ownerFrom(fd, fstatSync(fd).size)
    // A claim gets its name when it is complete, so this file is not a claim.
    if (owner === undefined) return true
    // A time in the future means that the clock was set back since.
    return processAlive(owner) === false || Math.abs(Date.now() / 1000 - owner.startedAt) > timeout
  } catch (error) {
    return isNoneOfOurs(error)
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/** Reads which process made a claim; returns undefined if the file does not contain that. */
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
