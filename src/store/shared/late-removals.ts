import { MetricsError } from '../../model/errors.js'
import { clearTimeout, monotonicNow, setTimeout } from '../../platform/timers.js'
import type { Removal } from '../core/removal-index.js'
import { largestRemovals, removeFailed } from './removals.js'

/** Milliseconds until the first retry, and the maximum between two. */
const firstWait = 10
const longestWait = 1000
/** Milliseconds after which removals that still wait are reported. */
const reportedAfter = 1000

/** The maximum of removals that are added under one lock. */
const batch = 1000

export interface LateRemovalsOptions {
  /** Whether the lock is free. Called first, so that no lines are built in vain. */
  readonly free: () => boolean
  /** Adds removals to the directory; false while another process holds the lock. */
  readonly add: (removals: readonly Removal[]) => boolean
  readonly onError: (error: MetricsError) => void
}

/**
 * Queues removals that this process has carried out but could not add to the directory, because another process held
 * the lock, for example a process that was stopped. They are added as soon as the lock is free; until then only scrapes
 * of this process show them.
 */
export class LateRemovals {
  /** By their text, so that a repeated removal is added once. */
  private readonly waiting = new Map<string, Removal>()
  private size = 0
  private since = 0
  private wait = firstWait
  private reported = false
  private timer: NodeJS.Timeout | undefined
  private readonly atExit = (): void => this.giveUp()

  constructor(private readonly options: LateRemovalsOptions) {}

  all(): readonly Removal[] {
    return [...this.waiting.values()]
  }

  /** Returns them as already carried out by the seat with this ID. */
  by(author = ''): readonly Removal[] {
    return this.all().map((removal) => ({ ...removal, author }))
  }

  get any(): boolean {
    return this.waiting.size > 0
  }

  /** Throws `REMOVE_FAILED` if too many are queued. */
  push(removals: readonly Removal[]): void {
    if (!this.any) this.begin()
    for (const removal of removals) {
      const text = JSON.stringify(removal)
      if (this.waiting.has(text)) continue
      if (this.size + text.length > largestRemovals)
        throw removeFailed(removal.name, 'too many earlier removals are queued')
      this.waiting.set(text, removal)
      this.size += text.length
    }
  }

  /** Tries to add all of them; returns whether none is left. Throws `REMOVE_FAILED` if the directory refuses them. */
  flush(): boolean {
    while (this.any) {
      if (!this.options.free()) return false
      const next = this.first(batch)
      if (!this.options.add(next.map(([, removal]) => removal))) return false
      for (const [text] of next) {
        this.waiting.delete(text)
        this.size -= text.length
      }
    }
    this.end()
    return true
  }

  /** The last attempt, when the process ends or leaves the directory. */
  giveUp(): void {
    if (!this.any) return
    try {
      if (!this.flush()) this.options.onError(this.late('this process ends'))
    } catch (cause) {
      this.options.onError(cause as MetricsError)
    }
    this.end()
  }

  private first(count: number): (readonly [text: string, Removal])[] {
    const entries: (readonly [string, Removal])[] = []
    for (const entry of this.waiting) if (entries.push(entry) === count) break
    return entries
  }

  private begin(): void {
    this.since = monotonicNow()
    this.wait = firstWait
    this.reported = false
    process.on('exit', this.atExit)
    this.tryLater()
  }

  private end(): void {
    this.waiting.clear()
    this.size = 0
    clearTimeout(this.timer)
    process.off('exit', this.atExit)
  }

  private tryLater(): void {
    this.timer = setTimeout(() => this.tryAgain(), this.wait).unref()
    this.wait = Math.min(this.wait * 2, longestWait)
  }

  private tryAgain(): void {
    let cause: MetricsError | undefined
    try {
      if (this.flush()) return
    } catch (error) {
      cause = error as MetricsError
    }
    if (!this.reported && monotonicNow() - this.since >= reportedAfter) {
      this.reported = true
      this.options.onError(cause ?? this.late('they are added when it is released'))
    }
    this.tryLater()
  }

  private late(what: string): MetricsError {
    const names = [...new Set(this.all().map(({ name }) => name))]
    const seconds = Math.round((monotonicNow() - this.since) / 1000)
    const text = `${this.waiting.size} removals (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}) are shown by this process only: another process has held the lock on removals for ${seconds} s; ${what}`
    return new MetricsError('REMOVE_FAILED', text, { reason: 'locked' })
  }
}
