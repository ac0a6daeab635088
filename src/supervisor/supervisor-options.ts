import type { CoreOptions } from './supervisor-core.js'
import type { Program } from './worker-process.js'

/** The options of a supervisor that starts its workers itself. */
export interface SupervisorOptions extends CoreOptions {
  readonly program: Program
  /** Variables for every worker, in addition to its assignment. */
  readonly environment: Readonly<Record<string, string>>
  /** The directory for files without a name. */
  readonly scratch: string
  /** Reaps an orphan whose new parent is this process; set if this is process 1. */
  readonly reap?: ((pid: number) => unknown) | undefined
  /** Returns the backend of the supervisor; undefined if workers may use another one. */
  readonly backend?: (() => string) | undefined
}
