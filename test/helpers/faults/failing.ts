import { interceptCalls } from './calls.mjs'

export const codes = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'ENOMEM'] as const

export interface Fault {
  readonly code: (typeof codes)[number]
  /** The call that fails, counted from 1. */
  readonly nth: number
  /** Whether all that come after it fail as well. */
  readonly forever: boolean
}

/** The calls into a directory, one of which fails. */
export class FailingCalls {
  /** Calls so far, without those in which nothing could fail. */
  made = 0
  /** What failed: the names of the calls. */
  readonly failed: string[] = []
  readonly restore: () => void
  private quiet = 0

  constructor(directory: string, fault: Fault) {
    this.restore = interceptCalls(directory, (name) => {
      if (this.quiet > 0) return
      this.made++
      if (this.made < fault.nth || (this.made > fault.nth && !fault.forever)) return
      this.failed.push(name)
      throw Object.assign(new Error(`${fault.code}: made to fail, ${name}`), { code: fault.code, syscall: name })
    })
  }

  /** Does something in which no call fails. */
  async without<T>(work: () => T | Promise<T>): Promise<T> {
    this.quiet++
    try {
      return await work()
    } finally {
      this.quiet--
    }
  }
}
