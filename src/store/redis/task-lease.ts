import { randomUUID } from 'node:crypto'
import type { Lease } from '../../model/lease.js'
import { type AskOptions, ask } from './ask.js'
import type { Keys } from './keys.js'
import { endLease, takeLease } from './task-lease-scripts.js'

/** Milliseconds within which the holder must renew the lease. */
const duration = 10_000

/** The lease of a task that one process does for all of a service: a key that expires when its holder has ended. */
export class TaskLease implements Lease {
  private readonly key: string
  private readonly owner: string = randomUUID()

  constructor(
    task: string,
    keys: Keys,
    private readonly options: AskOptions,
  ) {
    this.key = keys.task(task)
  }

  async held(): Promise<boolean> {
    return Number(await ask(this.options, takeLease, [this.key], [this.owner, String(duration)])) === 1
  }

  leave(): void {
    ask(this.options, endLease, [this.key], [this.owner]).catch(() => {
      // It expires.
    })
  }
}
