import type { Entry } from './ledger.js'
import type { ByteRange } from './sent-slots.js'

/** What is to be written so that Redis has what the ledger has: absolute, so that writing it twice does no harm. */
export interface Change {
  /** Replaces whatever Redis has of the ledger. */
  readonly whole: boolean
  readonly edition: number
  readonly values: readonly ByteRange[]
  readonly names: readonly ByteRange[]
  /** `slot bucket` and the exemplar as JSON; nothing for one that went. */
  readonly exemplars: readonly (readonly [field: string, text: string])[]
  readonly exemplarsVersion: number
  /** Lengths in bytes that Redis has before, and will have behind. */
  readonly before: Lengths
  readonly after: Lengths
  readonly entries: readonly Entry[]
}

export interface Lengths {
  readonly values: number
  readonly names: number
}
