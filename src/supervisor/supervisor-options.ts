import type { CoreOptions } from './supervisor-core.js'
import type { Program } from './worker-process.js'

/** What a supervisor that starts its workers itself is given. */
export interface SupervisorOptions extends CoreOptions {
  readonly program: Program
  /** For every worker, beside its assignment. */
  readonly environment: Readonly<Record<string, string>>
  /** Where files without a name are made. */
  readonly scratch: string
  /** Reaps an orphan whose new parent is this process: given to process 1. */
  readonly reap?: ((pid: number) => unknown) | undefined
  /** What the supervisor counts in; undefined where workers may count elsewhere. */
  readonly backend?: (() => string) | undefined
}
