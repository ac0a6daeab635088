import type { WriterSnapshot } from '../contract.js'
import type { OwnerFacts } from './head.js'
import { processRuns } from './process-facts.js'

/** Milliseconds to wait for a thread or process that may have ended, which the system does not show. */
const timeout = 30_000

interface Vanished {
  readonly snapshot: WriterSnapshot
  readonly owner: OwnerFacts
  readonly since: number
}

/**
 * Running writers whose files, or whole directory, were removed. Each process notices that within seconds and writes
 * all its counts to a new file. Until then, its last values are shown.
 */
export class VanishedSeats {
  private readonly byProcess = new Map<string, Vanished>()

  constructor(private readonly now: () => number) {}

  add(snapshot: WriterSnapshot, owner: OwnerFacts): void {
    // What a guest has noted about counts does not apply to those of a new file.
    if (snapshot.guest) return
    this.byProcess.set(processOf(snapshot), { snapshot, owner, since: this.now() })
  }

  /** Returns the writers that still run and are missing from this reading. */
  still(writers: readonly WriterSnapshot[]): WriterSnapshot[] {
    if (this.byProcess.size === 0) return []
    for (const writer of writers) this.byProcess.delete(processOf(writer))
    for (const [process, { owner, since }] of this.byProcess) {
      const runs = processRuns(owner)
      const isSure = runs === true && owner.threadId === 0
      if (runs === false || (!isSure && this.now() - since > timeout)) this.byProcess.delete(process)
    }
    return [...this.byProcess.values()].map(({ snapshot }) => snapshot)
  }
}

/** Returns the process and thread in a writer's name: everything except the seat. */
export function processOf({ writer }: { readonly writer: string }): string {
  return writer.slice(writer.indexOf('-') + 1)
}
