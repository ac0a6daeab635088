import { fstatSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicNow } from '../../platform/timers.js'
import { randomBytes } from '../core/random-bytes.js'
import {
  closeQuietly,
  codeOf,
  createFile,
  freeName,
  isGone,
  isNoneOfOurs,
  openForReading,
  readAt,
  removeQuietly,
  sleepSync,
  unfinishedPath,
  writeAt,
} from './files.js'
import { claimName, isClaimName, kinds } from './format.js'
import type { OwnerFacts } from './head.js'
import { ownerLives } from './liveness.js'
import { ownerIn } from './process-facts.js'

/** The maximum size of a valid claim, in bytes. */
const largest = 4096
/** Milliseconds for which a process waits for others that claim the same at the same moment. */
const waitTimeout = 20

/**
 * An exclusive right of one process, where locks are not available: a file that names the process, under a name that no
 * other process uses.
 *
 * A process creates its file first, and then looks for those of others. It has the right only if there is none of a
 * living process. Of two processes that claim at the same moment, at least the later one to look sees the other, so they
 * never both have it. The file of a dead process is removed by its name, which is never that of a living one. So a claim
 * needs no check of its age, and replacing one that is dead is not a race.
 */
export class Claim {
  private constructor(
    private readonly path: string,
    private readonly fd: number,
  ) {}

  /** Claims a name. Returns undefined if another process has it, or the disk does not allow it. */
  static take(directory: string, name: string): Claim | undefined {
    if (Claim.isTaken(directory, name)) return undefined
    const id = randomBytes(8).toString('hex')
    const claim = Claim.create(directory, claimName(name, id))
    if (claim === undefined) return undefined
    try {
      const until = monotonicNow() + waitTimeout
      for (;;) {
        const others = livingClaims(directory, name).filter((other) => other !== id)
        if (others.length === 0 && claim.present) return claim
        // The one with the first id waits, and the others make way.
        if (!claim.present || others.some((other) => other < id) || monotonicNow() > until) break
        sleepSync(1)
      }
    } catch (cause) {
      claim.release()
      throw cause
    }
    claim.release()
    return undefined
  }

  /** Whether a living process has claimed a name. */
  static isTaken(directory: string, name: string): boolean {
    return livingClaims(directory, name).length > 0
  }

  private static create(directory: string, name: string): Claim | undefined {
    const unfinished = unfinishedPath(directory)
    const fd = createFile(unfinished)
    try {
      writeAt(fd, Buffer.from(JSON.stringify(ownerIn(directory, kinds.buffered))), 0)
      const path = join(directory, name)
      // Complete before it gets its name.
      renameSync(unfinished, path)
      return new Claim(path, fd)
    } catch (cause) {
      closeQuietly(fd)
      removeQuietly(unfinished)
      // A process that begins a run has removed it.
      if (codeOf(cause) === 'ENOENT') return undefined
      throw cause
    }
  }

  /** Whether the file is still in the directory. */
  get present(): boolean {
    return !isGone(this.fd, this.path)
  }

  /** Shows processes that cannot see whether this one lives that it does. */
  touch(): void {
    const first = Buffer.alloc(1)
    readAt(this.fd, first, 1, 0)
    writeAt(this.fd, first, 0)
  }

  release(): void {
    if (this.present) removeQuietly(this.path)
    closeQuietly(this.fd)
  }
}

/** Whether the process of a claim lives; false for a file that is not a claim of the application. */
export function isClaimAlive(directory: string, file: string): boolean {
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, file))
    const stats = fstatSync(fd)
    const owner = ownerFrom(fd, stats.size)
    // A claim gets its name when it is complete, so this file is not a claim.
    return owner !== undefined && ownerLives(directory, owner, stats)
  } catch (error) {
    return codeOf(error) !== 'ENOENT' && !isNoneOfOurs(error)
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/** Returns the ids of the claims of living processes, and removes those of dead ones. */
function livingClaims(directory: string, name: string): readonly string[] {
  const start = claimName(name, '')
  return readdirSync(directory).flatMap((file) => {
    if (!file.startsWith(start) || !isClaimName(file)) return []
    if (isClaimAlive(directory, file)) return [file.slice(start.length)]
    freeName(join(directory, file))
    return []
  })
}

/** Reads which process made a claim; returns undefined if the file does not contain that. */
function ownerFrom(fd: number, size: number): OwnerFacts | undefined {
  if (size > largest) return undefined
  const bytes = Buffer.alloc(size)
  try {
    const owner = JSON.parse(bytes.toString('utf8', 0, readAt(fd, bytes, size, 0))) as OwnerFacts
    return typeof owner.pid === 'number' && typeof owner.livenessId === 'string' ? owner : undefined
  } catch {
    return undefined
  }
}
