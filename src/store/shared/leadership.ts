import { fstatSync, ftruncateSync, futimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Lease } from '../../model/lease.js'
import type { Binding } from '../../platform/addon.js'
import { monotonicNow } from '../../platform/timers.js'
import { closeQuietly, codeOf, freeName, openForReading, openForWriting, readAt, stillThere, writeAt } from './files.js'
import { leaderName } from './format.js'
import { Liveness } from './liveness.js'
import { isUsable } from './ownership.js'

/** Milliseconds without a sign of a leader without locks after which another one leads. */
const silence = 5_000

/** Whether a process does a task, for one that may only read the directory. */
export function leaderRuns(directory: string, binding: Binding | undefined, task: string): boolean {
  let fd: number | undefined
  try {
    fd = openForReading(join(directory, leaderName(task)))
    const file = fstatSync(fd)
    return new Liveness(binding).held(fd, file) || Math.abs(Date.now() - file.mtimeMs) < silence
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false
    throw cause
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/**
 * Decides which of the processes that share a directory does a task for all of them. With the addon, the
 * leader holds a lock, which ends with its process. Without the addon, it touches a file; two processes may then lead
 * for a moment.
 *
 * The leader may leave a note for the next leader.
 */
export class Leadership implements Lease {
  private fd: number | undefined
  private readonly path: string
  private readonly mark = `${process.pid} ${Math.random()}`
  private leads = false
  /** When another leader touched the file, and when this process first saw that, by a monotonic clock. */
  private touched: { readonly at: number; readonly seen: number } | undefined

  constructor(
    directory: string,
    private readonly binding: Binding | undefined,
    task?: string,
  ) {
    this.path = join(directory, leaderName(task))
  }

  /** Tries to lead, and returns whether this process leads. Throws the error of the disk. */
  held(): boolean {
    if (this.fd !== undefined && stillThere(this.fd, this.path) === undefined) this.leave()
    if (this.leads && this.binding !== undefined) return true
    if (this.fd === undefined && !isUsable(this.path)) freeName(this.path)
    this.fd ??= openForWriting(this.path, true)
    if (this.binding !== undefined) this.leads = this.binding.lock(this.fd, 0, 2)
    else this.leads = this.holdsByTouch(this.fd)
    return this.leads
  }

  /** Returns the note of the previous leader. */
  note(): string {
    const text = this.content()
    return text.slice(text.indexOf('\n') + 1)
  }

  leaveNote(text: string): void {
    const bytes = Buffer.from(`${this.mark}\n${text}`)
    ftruncateSync(this.fd!, 0)
    writeAt(this.fd!, bytes, 0)
  }

  leave(): void {
    if (this.fd !== undefined) closeQuietly(this.fd)
    this.fd = undefined
    this.leads = false
  }

  private holdsByTouch(fd: number): boolean {
    const isHolder = this.content().startsWith(`${this.mark}\n`)
    if (isHolder) futimesSync(fd, Date.now() / 1000, Date.now() / 1000)
    else if (fstatSync(fd).size === 0 || this.isSilent(fstatSync(fd).mtimeMs)) this.leaveNote(this.note())
    return isHolder
  }

  /**
   * Compares with the time when the file was touched; if the clock was set back since, with how long that time has not
   * changed.
   */
  private isSilent(touched: number): boolean {
    if (this.touched?.at !== touched) this.touched = { at: touched, seen: monotonicNow() }
    return Date.now() - touched > silence || monotonicNow() - this.touched.seen > silence
  }

  private content(): string {
    const bytes = Buffer.alloc(fstatSync(this.fd!).size)
    return bytes.toString('utf8', 0, readAt(this.fd!, bytes, bytes.length, 0))
  }
}
