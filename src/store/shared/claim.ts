import { linkSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeQuietly, unfinishedPath } from './files.js'
import type { OwnerFacts } from './head.js'
import { ownFacts, processAlive } from './process-facts.js'

/** Seconds in which a process must have done what it made a claim for. */
const patience = 30

/**
 * A file that one process can make, and that tells who it was: the right to do something alone, where there are no locks.
 * False when it is there already.
 */
export function makeClaim(directory: string, name: string): boolean {
  const unfinished = unfinishedPath(directory)
  writeFileSync(unfinished, JSON.stringify(ownFacts()), { mode: 0o600 })
  try {
    linkSync(unfinished, join(directory, name))
    return true
  } catch {
    return false
  } finally {
    removeQuietly(unfinished)
  }
}

/** Whether nobody will come to use the claim any more. */
export function claimIsDead(directory: string, name: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(join(directory, name), 'utf8')) as OwnerFacts
    // Also where that lies ahead: the clock was set back since.
    return processAlive(owner) === false || Math.abs(Date.now() / 1000 - owner.startedAt) > patience
  } catch {
    return false
  }
}
