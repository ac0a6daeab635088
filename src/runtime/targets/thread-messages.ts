import type { EtcdSettings } from '../../export/discovery/etcd/etcd-options.js'
import type { EncryptionOptions } from '../../export/http/encryption.js'
import type { CertificateExpiry, RefusalReason } from '../../export/http/port-events.js'
import type { PortLimits } from '../../export/http/port-limits.js'
import type { PortRange } from '../../export/http/port-range.js'
import { MetricsError, type MetricsErrorCode, reasonOf } from '../../model/errors.js'
import type { LabelSet, WorkerLabel } from '../../model/label-set.js'

/** The checked options of a target, as plain data. */
export interface TargetSettings {
  readonly ports: PortRange
  readonly host: string
  readonly path: string
  /** The name or address of this host for Prometheus. */
  readonly advertise: string
  readonly labels: Readonly<Record<string, string>>
  readonly allowedHosts: readonly string[]
  readonly tls: EncryptionOptions | undefined
  readonly limits: PortLimits
  /** The file for file_sd, as an absolute path. */
  readonly fileSd: string | undefined
  /** The etcd in which the target is announced. */
  readonly etcd: EtcdSettings | undefined
}

/** The data of the thread of a target. */
export interface TargetThreadData {
  readonly settings: TargetSettings
  readonly directory: string
  readonly workerLabel: WorkerLabel
  readonly defaultLabels: LabelSet
  /** Whether OpenMetrics shows creation times. */
  readonly created: boolean
  /** Becomes 1 when the target has been withdrawn. The main thread waits for that when the process ends. */
  readonly withdrawn: Int32Array
}

/** A message of the main thread to the thread of its target. */
export type TargetRequest = { readonly kind: 'stop' } | { readonly kind: 'defaultLabels'; readonly labels: LabelSet }

/** An error as plain data, because classes do not survive a message. */
export interface PlainError {
  readonly code: MetricsErrorCode
  readonly message: string
  readonly reason?: string | undefined
}

/** A message of the thread of a target to the main thread. */
export type TargetNews =
  | { readonly kind: 'opened'; readonly url: string; readonly address: string }
  /** All ports are taken; the thread tries again. */
  | { readonly kind: 'taken'; readonly error: PlainError }
  /** The endpoint cannot be opened. */
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'error'; readonly error: PlainError }
  | { readonly kind: 'announced'; readonly by: string; readonly address: string }
  | { readonly kind: 'announceFailed'; readonly by: string; readonly error: PlainError }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly count: number }
  | { readonly kind: 'certificates'; readonly certificates: readonly CertificateExpiry[] }

export function plainError(cause: unknown): PlainError {
  if (cause instanceof MetricsError) return { code: cause.code, message: cause.message, reason: cause.reason }
  return { code: 'SERVER_FAILED', message: reasonOf(cause) }
}

export function errorFrom({ code, message, reason }: PlainError): MetricsError {
  return new MetricsError(code, message, reason === undefined ? {} : { reason })
}
