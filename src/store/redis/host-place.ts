import { MetricsError } from '../../model/errors.js'
import type { Backend, SourceReading, WriterSnapshot } from '../contract.js'
import type { Elsewhere } from './host-image.js'

/** Where the processes of a host count together. */
export interface HostPlace {
  readonly backend: Backend
  /** The ID of the present run of the directory; undefined where none has begun. */
  runId(): string | undefined
  /** Whether this process is the one that does for all of them what one should do. */
  leads(): boolean
  /** What a leader left for the next one to know. */
  note(): string
  leaveNote(text: string): void
  leave(): void
}

/** What the leader before knew of this run: the name of its ledger and its shard, and what is counted elsewhere. */
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

/** Why this process cannot flush for its host: the disk, or a file of another user. */
export function leadFailed(instance: string, cause: unknown): MetricsError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const text = `this process cannot flush for ${instance} (${why}): Redis gets its counts from another process of the host, or once the file is removed`
  return new MetricsError('FLUSH_FAILED', text, { cause })
}

/** All writers of a reading. What is missing from it is not to be taken for gone. */
export function wholeOf({ writers, incomplete }: SourceReading): readonly WriterSnapshot[] {
  if (incomplete !== undefined) throw incomplete
  return writers
}
