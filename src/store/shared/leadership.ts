import { fstatSync, ftruncateSync, futimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Binding } from '#native'
import { monotonicNow } from '../../platform/timers.js'
import { closeQuietly, freeName, openForWriting, readAt, stillThere, writeAt } from './files.js'
import { leaderName } from './format.js'
import { isUsable } from './ownership.js'

/** Milliseconds without a sign of a leader without locks after which another one leads. */
const silence = 5_000

/**
 * Which of the processes that share a directory does for all of them what one should do. With the addon it is a lock,
 * which ends with its process; without, a file that is touched. There two may lead for a moment.
 *
 * The leader may leave a note for the one that follows it.
 */
export class Leadership {
  private fd: number | undefined
  private readonly path: string
  private readonly mark = `${process.pid} ${Math.random()}`
  private leads = false
  /** When another leader touched the file, and when that was first seen, by a monotonic clock. */
  private touched: { readonly at: number; readonly seen: number } | undefined

  constructor(
    directory: string,
    private readonly binding: Binding | undefined,
  ) {
    this.path = join(directory, leaderName)
  }

  /** Whether this process leads: from now on, or still. Throws what the disk throws. */
  held(): boolean {
    if (this.fd !== undefined && stillThere(this.fd, this.path) === undefined) this.leave()
    if (this.leads && this.binding !== undefined) return true
    if (this.fd === undefined && !isUsable(this.path)) freeName(this.path)
    this.fd ??= openForWriting(this.path, true)
    if (this.binding !== undefined) this.leads = this.binding.lock(this.fd, 0, 2)
    else this.leads = this.holdsByTouch(this.fd)
    return this.leads
  }

  /** What the leader before left to be known. */
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
    const mine = this.content().startsWith(`${this.mark}\n`)
    if (mine) futimesSync(fd, Date.now() / 1000, Date.now() / 1000)
    else if (fstatSync(fd).size === 0 || this.isSilent(fstatSync(fd).mtimeMs)) this.leaveNote(this.note())
    return mine
  }

  /** By when the file was touched, or, where the clock was set back since, by how long that has not changed. */
  private isSilent(touched: number): boolean {
    if (this.touched?.at !== touched) this.touched = { at: touched, seen: monotonicNow() }
    return Date.now() - touched > silence || monotonicNow() - this.touched.seen > silence
  }

  private content(): string {
    const bytes = Buffer.alloc(fstatSync(this.fd!).size)
    return bytes.toString('utf8', 0, readAt(this.fd!, bytes, bytes.length, 0))
  }
}
