import { fstatSync, ftruncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Lease } from '../../model/lease.js'
import type { Binding } from '../../platform/addon.js'
import { hasProc } from '../../platform/proc.js'
import { Claim } from './claim.js'
import {
  closeQuietly,
  codeOf,
  freeName,
  openForReading,
  openForWriting,
  readAt,
  stillThere,
  unlockQuietly,
  writeAt,
} from './files.js'
import { leaderName } from './format.js'
import { Liveness } from './liveness.js'
import { isUsable } from './ownership.js'

/** The byte of its file that a leader with the addon locks. */
const leaderByte = 0

/** Whether a process does a task, for one that may only read the directory. */
export function leaderRuns(directory: string, binding: Binding | undefined, task: string): boolean {
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, leaderName(task)))
    const liveness = new Liveness(directory, binding)
    return (liveness.seesLocks && liveness.held(fd, fstatSync(fd))) || Claim.isTaken(directory, leaderName(task))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false
    throw cause
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/**
 * Decides which of the processes that share a directory does a task for all of them. With the addon, the leader holds a
 * lock; without it, or where others do not see the lock, it holds a claim. Both end with its process.
 *
 * The leader may leave a note for the next leader.
 */
export class Leadership implements Lease {
  private fd: number | undefined
  private claim: Claim | undefined
  private readonly name: string
  private readonly path: string
  private leads = false

  constructor(
    private readonly directory: string,
    private readonly binding: Binding | undefined,
    task?: string,
  ) {
    this.name = leaderName(task)
    this.path = join(directory, this.name)
  }

  /** Tries to lead, and returns whether this process leads. Throws the error of the disk. */
  held(): boolean {
    const isLost = this.claim !== undefined && !this.claim.present
    if (isLost || (this.fd !== undefined && stillThere(this.fd, this.path) === undefined)) this.leave()
    this.claim?.touch()
    if (this.leads) return true
    if (this.fd === undefined && !isUsable(this.path)) freeName(this.path)
    this.fd ??= openForWriting(this.path, true)
    this.leads = this.take(this.fd)
    if (!this.leads) this.release(this.fd)
    return this.leads
  }

  /** Returns the note of the previous leader. */
  note(): string {
    const bytes = Buffer.alloc(fstatSync(this.fd!).size)
    return bytes.toString('utf8', 0, readAt(this.fd!, bytes, bytes.length, 0))
  }

  leaveNote(text: string): void {
    ftruncateSync(this.fd!, 0)
    writeAt(this.fd!, Buffer.from(text), 0)
  }

  leave(): void {
    if (this.fd !== undefined) {
      this.release(this.fd)
      closeQuietly(this.fd)
    }
    this.fd = undefined
    this.leads = false
  }

  /** Each of two processes takes its lock or claim first, and then looks for that of the other. */
  private take(fd: number): boolean {
    const { binding, directory, name } = this
    if (binding?.lock(fd, leaderByte, 2) === false) return false
    if (binding !== undefined && hasProc()) return !Claim.isTaken(directory, name)
    this.claim = Claim.take(directory, name)
    if (this.claim === undefined) return false
    const liveness = new Liveness(directory, undefined)
    return binding !== undefined || !liveness.seesLocks || !liveness.held(fd, fstatSync(fd))
  }

  private release(fd: number): void {
    if (this.binding !== undefined) unlockQuietly(this.binding, fd, leaderByte)
    this.claim?.release()
    this.claim = undefined
  }
}
