import { randomUUID } from 'node:crypto'
import type { Lease } from '../../model/lease.js'
import { type AskOptions, ask } from './ask.js'
import type { Keys } from './keys.js'
import { Script } from './script.js'

/** Milliseconds within which the holder must renew the lease. */
const duration = 10_000

/** Takes or renews a lease; returns 1 if the process has it. */
const take = new Script(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)

/** Ends a lease, if the process has it. */
const end = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

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
    return Number(await ask(this.options, take, [this.key], [this.owner, String(duration)])) === 1
  }

  leave(): void {
    ask(this.options, end, [this.key], [this.owner]).catch(() => {
      // It expires.
    })
  }
}
