import type { FamilyTable } from '../model/family.js'
import { monotonicNow } from '../platform/timers.js'
import type { Pause } from '../store/contract.js'
import { Expiry } from './expiry.js'
import type { RegistryMember } from './registered-metric.js'

/** The maximum number of series that are removed in one step. */
const batch = 200
/** Seconds until the next attempt after series could not be removed, at first and at most. */
const firstWait = 1
const longestWait = 60

/** Removes idle series when a scrape is answered, in slices: the next scrape shows it. */
export class Expiring {
  private readonly expiry = new Expiry()
  private wait = firstWait
  private notBefore = 0

  /**
   * @param metricOf returns the metric of a table whose series expire
   * @param now seconds of a monotonic clock
   */
  async run(
    tables: readonly FamilyTable[],
    pause: Pause,
    metricOf: (table: FamilyTable) => RegistryMember | undefined,
    now = monotonicNow() / 1000,
  ): Promise<void> {
    for (const table of tables) {
      const metric = metricOf(table)
      if (metric === undefined) continue
      const idle = await this.expiry.idle(table, metric.expireAfter!, now, pause)
      for (let from = 0; from < idle.length && now >= this.notBefore; from += batch) {
        const removed = metric.expire!(idle.slice(from, from + batch))
        if (!removed) this.backOff(now)
        else this.wait = firstWait
        if (pause.due()) await pause.rest()
      }
    }
  }

  /** They stay idle, and are removed at a later scrape. */
  private backOff(now: number): void {
    this.notBefore = now + this.wait
    this.wait = Math.min(this.wait * 2, longestWait)
  }
}
