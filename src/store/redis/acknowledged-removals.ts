import { monotonicNow } from '../../platform/timers.js'
import type { Flushed } from './flushed.js'
import { forget } from './forget.js'

type OwnRemoval = Flushed['unsent'][number]

/** The maximum number of removals that a process remembers. */
const most = 1000
/** Milliseconds that it remembers them. */
const longest = 3_600_000

/**
 * The removals of one process that Redis has acknowledged. When Redis comes back empty, another process may restore
 * what it read before them. Therefore they are sent again, for data that is restored from an earlier time.
 */
export class AcknowledgedRemovals {
  private readonly byText = new Map<string, { readonly removal: OwnRemoval; readonly until: number }>()

  /** @param at milliseconds of the server's clock at the answer */
  take(removals: readonly OwnRemoval[], at: number): void {
    const until = monotonicNow() + longest
    for (const removal of removals) {
      if (removal.at !== undefined) continue
      const text = JSON.stringify([removal.registry, removal.name, removal.labels])
      this.byText.delete(text)
      this.byText.set(text, { removal: { ...removal, at }, until })
    }
    for (const text of this.byText.keys()) {
      if (this.byText.size <= most) return
      this.byText.delete(text)
    }
  }

  /** Adds them to the unsent removals; returns whether there are any. */
  sendAgain(unsent: OwnRemoval[]): boolean {
    const now = monotonicNow()
    const recent = [...this.byText.values()].filter(({ until }) => until > now).map(({ removal }) => removal)
    // Only once, even if Redis comes back empty before they are sent.
    forget(unsent, recent)
    unsent.push(...recent)
    return recent.length > 0
  }
}
