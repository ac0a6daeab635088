import { MetricsError, reasonOf } from '../../model/errors.js'
import { systemNow } from '../../platform/system-time.js'
import type { Pause, SourceReading, WriterSnapshot } from '../contract.js'
import { FollowedWriter } from './followed-writer.js'
import { type RemovalLists, together, untaken } from './removal-lists.js'
import { decodeSnapshot, type Snapshot } from './snapshot-format.js'

/** The snapshots of all writers at one moment, checked and sorted. */
export interface SortedSnapshots {
  /** One snapshot of each writer whose numbers were not taken over, by seat. */
  readonly snapshots: readonly Snapshot[]
  /** The writers whose numbers another writer took over. */
  readonly inherited: ReadonlySet<string>
  readonly removals: RemovalLists
  readonly errors: readonly MetricsError[]
}

export function sortSnapshots(all: Iterable<Uint8Array>): SortedSnapshots {
  const byWriter = new Map<string, Snapshot>()
  const errors: MetricsError[] = []
  for (const bytes of all) {
    try {
      const snapshot = decodeSnapshot(bytes)
      // A writer may appear twice while its snapshot is being renamed.
      const known = byWriter.get(snapshot.head.writer)
      if (known === undefined || known.head.at <= snapshot.head.at) byWriter.set(snapshot.head.writer, snapshot)
    } catch (cause) {
      errors.push(unreadable(cause))
    }
  }
  const latest = [...byWriter.values()]
  const inherited = new Set(latest.flatMap(({ head }) => head.inherited))
  const snapshots = latest
    .filter(({ head }) => !inherited.has(head.writer))
    .sort(({ head: a }, { head: b }) => a.seat - b.seat || (a.writer < b.writer ? -1 : 1))
  return { snapshots, inherited, removals: together(latest.map(({ head }) => head.removals)), errors }
}

export function isLive({ head }: Snapshot, liveFor: number, now: number): boolean {
  return !head.closed && now - head.at < liveFor
}

interface Followed {
  readonly writer: FollowedWriter
  /** The last good reading; undefined if it could never be read. */
  last: WriterSnapshot | undefined
}

/** Follows every writer from reading to reading. */
export class SnapshotReader {
  private followed = new Map<string, Followed>()

  /**
   * @param localWriter the writer of the reading process, which reads its own counts from memory
   * @param removed removals of the reading process that other processes may not have seen
   * @param liveFor milliseconds after its last snapshot at which a writer counts as dead
   */
  async read(
    sorted: SortedSnapshots,
    localWriter: string,
    removed: RemovalLists,
    liveFor: number,
    pause: Pause,
  ): Promise<SourceReading> {
    const now = systemNow()
    const errors = [...sorted.errors]
    const writers: WriterSnapshot[] = []
    const removals = together([sorted.removals, removed])
    const followed = new Map<string, Followed>()
    for (const snapshot of sorted.snapshots) {
      const { head } = snapshot
      if (head.writer === localWriter) continue
      let known = this.followed.get(head.writer) ?? { writer: new FollowedWriter(), last: undefined }
      try {
        await known.writer.follow(snapshot, pause)
        await known.writer.leaveOut(untaken(removals, head.taken), pause)
        known.last = known.writer.snapshot(snapshot, isLive(snapshot, liveFor, now))
        const { faults } = known.writer
        if (faults > 0) errors.push(familiesUnreadable(head.writer, faults))
      } catch (cause) {
        errors.push(unreadable(cause))
        // The position may be in the middle of a line: the next reading starts over.
        known = { writer: new FollowedWriter(), last: known.last }
      }
      followed.set(head.writer, known)
    }
    // The writer of an unreadable snapshot is unknown: it may be any of the earlier ones.
    if (sorted.errors.length > 0) {
      for (const [writer, known] of this.followed) {
        if (writer !== localWriter && !followed.has(writer) && !sorted.inherited.has(writer))
          followed.set(writer, known)
      }
    }
    for (const { last } of followed.values()) if (last !== undefined) writers.push(last)
    this.followed = followed
    return { writers, errors }
  }
}

function familiesUnreadable(writer: string, count: number): MetricsError {
  const text = `${count} families of the snapshot of ${writer} cannot be read; the other families are shown`
  return new MetricsError('FILE_UNREADABLE', text, { reason: 'broken_line' })
}

function unreadable(cause: unknown): MetricsError {
  if (cause instanceof MetricsError) return cause
  const text = `a snapshot cannot be read (${reasonOf(cause)}); the others are shown`
  return new MetricsError('FILE_UNREADABLE', text, { cause, reason: 'broken' })
}
