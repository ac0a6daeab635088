import type { HookContext, HookName } from './lifecycle.js'

/** The history of the workers of one number. */
export interface WorkerHistory {
  /** The number of started processes. */
  started: number
  /** The number of processes that were killed because they were blocked. */
  aborted: number
}

/** The histories by worker number, and the ends by reason. */
export class Histories {
  private readonly workers = new Map<number, WorkerHistory>()
  /** The number of workers that ended, by reason. */
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
