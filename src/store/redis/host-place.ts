import { MetricsError, reasonOf } from '../../model/errors.js'
import type { Backend, SourceReading, WriterSnapshot } from '../contract.js'
import type { Elsewhere } from './host-image.js'

/** The place where the processes of a host count together. */
export interface HostPlace {
  readonly backend: Backend
  /** Returns the ID of the directory's current run; undefined if none has begun. */
  runId(): string | undefined
  /** Whether this process does the work that one process does for all. */
  leads(): boolean
  /** Returns the note of the previous leader. */
  note(): string
  leaveNote(text: string): void
  leave(): void
}

/** The note of a leader about this run: the name of its ledger, its shard, and what is counted elsewhere. */
export interface HostNote {
  readonly writer?: string
  readonly elsewhere?: Elsewhere
  readonly shard?: number
}

export function noteFrom(text: string, ledger: string): HostNote {
  try {
    const note = JSON.parse(text) as Required<HostNote>
    return note.writer.startsWith(ledger) ? note : {}
  } catch {
    return {}
  }
}

/** Creates the error of a process that cannot flush for its host because of the disk or a file of another user. */
export function leadFailed(instance: string, cause: unknown): MetricsError {
  const text = `this process cannot flush for ${instance} (${reasonOf(cause)}): Redis gets its counts from another process of the host, or once the file is removed`
  return new MetricsError('FLUSH_FAILED', text, { cause })
}

/** Returns all writers of a reading; throws if it is incomplete, because missing writers must not count as gone. */
export function wholeOf({ writers, incomplete }: SourceReading): readonly WriterSnapshot[] {
  if (incomplete !== undefined) throw incomplete
  return writers
}
