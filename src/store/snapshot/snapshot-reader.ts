import { MetricsError } from '../../model/errors.js'
import type { Pause, SourceReading, WriterSnapshot } from '../backend.js'
import { FollowedWriter } from './followed-writer.js'
import { type RemovalLists, together, untaken } from './removal-lists.js'
import { decodeSnapshot, type Snapshot } from './snapshot-format.js'

/** Everybody's snapshots at one moment, sorted out. */
export interface SortedSnapshots {
  /** One of each writer whose numbers nobody took over, by seat. */
  readonly snapshots: readonly Snapshot[]
  /** Writers whose numbers somebody took over. */
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
      // A writer may be seen twice while its snapshot is given to another name.
      const known = byWriter.get(snapshot.head.writer)
      if (known === undefined || known.head.at <= snapshot.head.at) byWriter.set(snapshot.head.writer, snapshot)
    } catch (cause) {
      errors.push(unreadable(cause))
    }
  }
  const found = [...byWriter.values()]
  const inherited = new Set(found.flatMap(({ head }) => head.inherited))
  const snapshots = found
    .filter(({ head }) => !inherited.has(head.writer))
    .sort(({ head: a }, { head: b }) => a.seat - b.seat || (a.writer < b.writer ? -1 : 1))
  return { snapshots, inherited, removals: together(found.map(({ head }) => head.removals)), errors }
}

export function isLive({ head }: Snapshot, liveFor: number, now: number): boolean {
  return !head.closed && now - head.at < liveFor
}

/** Follows every writer from reading to reading. */
export class SnapshotReader {
  private followed = new Map<string, FollowedWriter>()

  /**
   * @param own what the reading process removed, and the others may not know yet
   * @param liveFor milliseconds after its last snapshot at which a writer is taken for dead
   */
  async read(sorted: SortedSnapshots, own: RemovalLists, liveFor: number, pause: Pause): Promise<SourceReading> {
    const now = Date.now()
    const errors = [...sorted.errors]
    const writers: WriterSnapshot[] = []
    const removals = together([sorted.removals, own])
    const followed = new Map<string, FollowedWriter>()
    for (const snapshot of sorted.snapshots) {
      const { head } = snapshot
      const writer = this.followed.get(head.writer) ?? new FollowedWriter()
      followed.set(head.writer, writer)
      try {
        await writer.follow(snapshot, pause)
        for (const removal of untaken(removals, head.taken)) writer.leaveOut(removal)
        writers.push(writer.snapshot(snapshot, isLive(snapshot, liveFor, now)))
        if (writer.faults > 0) errors.push(familiesUnreadable(head.writer, writer.faults))
      } catch (cause) {
        errors.push(unreadable(cause))
      }
    }
    this.followed = followed
    return { writers, errors }
  }
}

function familiesUnreadable(writer: string, count: number): MetricsError {
  const text = `${count} families of the snapshot of ${writer} cannot be read; the others are shown`
  return new MetricsError('FILE_UNREADABLE', text, { reason: 'broken_line' })
}

function unreadable(cause: unknown): MetricsError {
  if (cause instanceof MetricsError) return cause
  const text = `a snapshot cannot be read (${cause instanceof Error ? cause.message : cause}); the others are shown`
  return new MetricsError('FILE_UNREADABLE', text, { cause, reason: 'broken' })
}
