import type { Stage } from '../helpers/processes/stage.js'

/** One behaviour that the suite of the Python client pins for its multiprocess mode, and the corresponding one here. */
export interface Behaviour {
  readonly number: number
  /** What Python does. */
  readonly python: string
  /** What promhive does. */
  readonly ours: string
  readonly verdict: 'same' | 'better' | 'does not apply'
  /** Holds promhive to it, with real processes. */
  readonly check?: Check
  /** Where more of it is tested: a file below test/, and the beginning of the test's name. */
  readonly alsoIn?: readonly [file: string, test: string]
}

export interface Setting {
  readonly stage: Stage
  readonly env: Readonly<Record<string, string>>
}

export type Check = (setting: Setting) => Promise<void>
