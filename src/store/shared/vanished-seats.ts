import type { WriterSnapshot } from '../contract.js'
import type { OwnerFacts } from './head.js'
import { processRuns } from './process-facts.js'

/** Milliseconds to wait for a thread that may have ended: its process does not show whether it has. */
const threadTimeout = 30_000

interface Vanished {
  readonly snapshot: WriterSnapshot
  readonly owner: OwnerFacts
  readonly since: number
}

/**
 * Writers whose files were removed: the directory was removed, or a file in it, and their processes still run.
 * Each process notices within seconds and writes all that it counted to a new file. Until then its last values are shown.
 */
export class VanishedSeats {
  private readonly byProcess = new Map<string, Vanished>()

  constructor(private readonly now: () => number) {}

  add(snapshot: WriterSnapshot, owner: OwnerFacts): void {
    this.byProcess.set(processOf(snapshot), { snapshot, owner, since: this.now() })
  }

  /** Those that still run, and have not come back among the writers of this reading. */
  still(writers: readonly WriterSnapshot[]): WriterSnapshot[] {
    if (this.byProcess.size === 0) return []
    for (const writer of writers) this.byProcess.delete(processOf(writer))
    for (const [process, { owner, since }] of this.byProcess) {
      const late = owner.threadId !== 0 && this.now() - since > threadTimeout
      if (late || !processRuns(owner)) this.byProcess.delete(process)
    }
    return [...this.byProcess.values()].map(({ snapshot }) => snapshot)
  }
}

/** The process and thread in a writer's name: all but the seat. */
export function processOf({ writer }: { readonly writer: string }): string {
  return writer.slice(writer.indexOf('-') + 1)
}
