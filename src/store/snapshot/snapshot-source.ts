import { MetricsError, reasonOf } from '../../model/errors.js'
import { withTimeout } from '../../platform/time-limit.js'
import type { Pause, Source, SourceReading, WriterSnapshot } from '../contract.js'
import type { RemovalLists } from './removal-lists.js'
import { SnapshotReader, type SortedSnapshots } from './snapshot-reader.js'

/** What a source needs from its backend. */
export interface SnapshotEngine {
  readonly name: string
  /** Milliseconds for which a process counts as alive after its last snapshot. */
  readonly liveFor: number
  read(): Promise<SortedSnapshots>
  /** Returns the last good reading, whether it was for a scrape or for removals. */
  lastGood(): SortedSnapshots | undefined
  /** Carries out removals of other processes. */
  notice(removals: RemovalLists): void
  /** Returns the current state of this process: its name, its numbers, and its removals. */
  localState(): {
    readonly writer: string
    readonly writers: readonly WriterSnapshot[]
    readonly removals: RemovalLists
  }
}

/** Reads the snapshots of all processes; returns the last good ones if the engine does not answer. */
export class SnapshotSource implements Source {
  private readonly reader = new SnapshotReader()
  private reading: Promise<SortedSnapshots> | undefined

  /** @param answerWithin milliseconds for which a scrape waits for the engine */
  constructor(
    private readonly engine: SnapshotEngine,
    private readonly answerWithin = 5_000,
  ) {}

  async read(pause: Pause): Promise<SourceReading> {
    const { engine } = this
    const errors: MetricsError[] = []
    try {
      engine.notice((await this.readInTime()).removals)
    } catch (cause) {
      errors.push(this.unread(cause))
    }
    const { writer, writers, removals } = engine.localState()
    const lastGood = engine.lastGood()
    if (lastGood === undefined) return { writers, errors, incomplete: errors[0] }
    const others = await this.reader.read(lastGood, writer, removals, engine.liveFor, pause)
    const all = [...others.writers, ...writers].sort((a, b) => a.seat - b.seat)
    return { writers: all, errors: [...errors, ...others.errors] }
  }

  close(): void {}

  /** Reads with a timeout, and does not call the engine again before it has answered. */
  private readInTime(): Promise<SortedSnapshots> {
    this.reading ??= this.engine.read().finally(() => {
      this.reading = undefined
    })
    return withTimeout(this.reading, this.answerWithin)
  }

  private unread(cause: unknown): MetricsError {
    const meanwhile =
      this.engine.lastGood() === undefined
        ? 'the counts of other processes are unknown'
        : 'the last good ones are shown'
    const text = `${this.engine.name} returned no snapshots: ${meanwhile} (${reasonOf(cause)})`
    return new MetricsError('READ_FAILED', text, { cause })
  }
}
