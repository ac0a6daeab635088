import type { Entry } from './ledger.js'
import type { ByteRange } from './sent-slots.js'

/**
 * What must be written so that Redis has the content of the ledger. Values are absolute, so writing a change twice is
 * harmless.
 */
export interface Change {
  /** Whether the change replaces everything that Redis has of the ledger. */
  readonly whole: boolean
  readonly edition: number
  readonly values: readonly ByteRange[]
  readonly names: readonly ByteRange[]
  /** `slot bucket` and the exemplar as JSON; empty for a removed one. */
  readonly exemplars: readonly (readonly [field: string, text: string])[]
  readonly exemplarsVersion: number
  /** Lengths in bytes in Redis before the change, and after it. */
  readonly before: Lengths
  readonly after: Lengths
  readonly entries: readonly Entry[]
}

export interface Lengths {
  readonly values: number
  readonly names: number
}
