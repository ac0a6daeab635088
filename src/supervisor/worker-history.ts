import type { HookContext, HookName } from './lifecycle.js'

/** What became of the workers of a number, one after the other. */
export interface WorkerHistory {
  /** Processes that were started. */
  started: number
  /** Those that were ended because they were blocked. */
  aborted: number
}

/** What happened so far, by worker number and by reason. */
export class Histories {
  private readonly workers = new Map<number, WorkerHistory>()
  /** How many workers ended, by why. */
  readonly exits: Record<string, number> = {}

  of(worker: number): WorkerHistory {
    let history = this.workers.get(worker)
    if (history === undefined) this.workers.set(worker, (history = { started: 0, aborted: 0 }))
    return history
  }

  note(event: HookName, { worker, exit }: Partial<Pick<HookContext, 'worker' | 'exit'>>): void {
    if (worker !== undefined && event === 'workerStarted') this.of(worker.id).started++
    if (worker !== undefined && event === 'workerAborted') this.of(worker.id).aborted++
    if (exit !== undefined) this.exits[exit.reason] = (this.exits[exit.reason] ?? 0) + 1
  }
}
