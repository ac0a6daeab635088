import type { RegisteredMetric } from '../metric/context.js'
import type { FamilyDescriptor } from '../model/descriptor.js'
import type { LabelFilter } from '../model/series-key.js'

/** A metric of this library, or of a plug-in that has only `get()`. */
export type RegistryMember = RegisteredMetric & {
  readonly family?: FamilyDescriptor
  readonly collect?: (() => void | Promise<void>) | undefined
  /** Whether `collect` runs in every process at intervals, and not only in the process that answers a scrape. */
  readonly collectsEach?: boolean
  /** Seconds after which a series without counts is removed. */
  readonly expireAfter?: number | undefined
  /** Removes idle series; returns false if that is not possible now. */
  expire?(series: readonly LabelFilter[]): boolean
  start?(): void
  reset?(): void
  /** Called when a registry of this name has released the metric. */
  discard?(registry: string): void
}
