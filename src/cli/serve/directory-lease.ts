import type { Lease } from '../../model/lease.js'
import { loadBinding } from '../../platform/addon.js'
import { Leadership } from '../../store/shared/leadership.js'

/** What a process that may only read a directory gets when it tries to lock a file there. */
const readOnly = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT'])

/**
 * The lease of a task in a directory, for a process outside of the application: the processes inside do the same task. A
 * process that cannot write there does the task in any case.
 */
export class DirectoryLease implements Lease {
  private readonly leadership: Leadership

  constructor(directory: string, task: string) {
    this.leadership = new Leadership(directory, loadBinding().binding, task)
  }

  held(): boolean {
    try {
      return this.leadership.held()
    } catch (cause) {
      if (readOnly.has((cause as NodeJS.ErrnoException).code ?? '')) return true
      throw cause
    }
  }

  leave(): void {
    this.leadership.leave()
  }
}
