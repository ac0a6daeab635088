import { resolve } from 'node:path'
import type { Lease } from '../../model/lease.js'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { Leadership, leaderRuns } from '../../store/shared/leadership.js'

/** What a process that may only read a directory gets when it tries to lock a file there. */
const readOnly = new Set(['EACCES', 'EPERM', 'EROFS'])

/**
 * The lease of a task in directories, for a process outside of the applications: it does the task while it has the lease
 * of every directory, because processes inside do the same task, and so do other processes outside. A directory that does
 * not exist has nothing to send. In a directory where this process may not write, it does the task unless another process
 * that may write there does it.
 */
export class DirectoryLease implements Lease {
  private readonly parts: readonly { readonly directory: string; readonly leadership: Leadership }[]
  private readonly binding: Binding | undefined = loadBinding().binding

  constructor(
    directories: readonly string[],
    private readonly task: string,
  ) {
    // In one order, so of two processes with the same directories one gets all of them.
    this.parts = [...new Set(directories.map((directory) => resolve(directory)))]
      .sort()
      .map((directory) => ({ directory, leadership: new Leadership(directory, this.binding, task) }))
  }

  held(): boolean {
    let any = false
    for (const part of this.parts) {
      const isHeld = this.heldIn(part)
      if (isHeld === false) {
        // Others may need the leases of the directories before it.
        this.leave()
        return false
      }
      if (isHeld) any = true
    }
    return any
  }

  leave(): void {
    for (const { leadership } of this.parts) leadership.leave()
  }

  /** Returns undefined for a directory that does not exist. */
  private heldIn({ directory, leadership }: (typeof this.parts)[number]): boolean | undefined {
    try {
      return leadership.held()
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? ''
      if (code === 'ENOENT') return undefined
      if (readOnly.has(code)) return !leaderRuns(directory, this.binding, this.task)
      throw cause
    }
  }
}
