import { maskCredentials, maskedError } from './mask-credentials.js'

/** The codes of all errors that promhive reports. They are stable. */
export type MetricsErrorCode =
  | 'NAME_INVALID'
  | 'NAME_MISSING'
  | 'HELP_MISSING'
  | 'NAME_TAKEN'
  | 'LABEL_NAME_INVALID'
  | 'LABEL_RESERVED'
  | 'LABEL_UNKNOWN'
  | 'LABEL_COUNT'
  | 'LABEL_MISSING'
  | 'LABEL_VALUE_INVALID'
  | 'VALUE_INVALID'
  | 'COUNTER_DECREASED'
  | 'BUCKETS_INVALID'
  | 'QUANTILES_INVALID'
  | 'STATES_INVALID'
  | 'STATE_UNKNOWN'
  | 'UNIT_MISMATCH'
  | 'MODE_UNKNOWN'
  | 'MODE_FORBIDS'
  | 'OPTION_INVALID'
  | 'REGISTER_INVALID'
  | 'COLLECT_FAILED'
  | 'DEFAULT_LABELS_DIFFER'
  | 'FAMILY_CONFLICT'
  | 'DIRECTORY_UNUSABLE'
  | 'DIRECTORY_SLOW'
  | 'FILE_UNREADABLE'
  | 'EXEMPLAR_TOO_LONG'
  | 'SERIES_LIMIT'
  | 'STORE_FULL'
  | 'REMOVE_FAILED'
  | 'FLUSH_FAILED'
  | 'COUNTS_LOST'
  | 'READ_FAILED'
  | 'SCRAPE_INCOMPLETE'
  | 'BACKEND_NOT_FOUND'
  | 'BACKEND_INVALID'
  | 'BACKEND_CONFIG_INVALID'
  | 'BACKEND_DIFFERS'
  | 'FORWARD_FAILED'
  | 'PUSH_FAILED'
  | 'EXPORT_FAILED'
  | 'ANNOUNCE_FAILED'
  | 'DISCOVERY_FAILED'
  | 'PORT_TAKEN'
  | 'SERVER_FAILED'
  | 'SCRAPE_REFUSED'
  | 'CERTIFICATE_EXPIRES'
  | 'CERTIFICATE_UNUSABLE'
  | 'INSTRUMENT_FAILED'
  | 'START_FAILED'
  | 'PATH_UNSUPPORTED'
  | 'METRIC_NOT_FOUND'
  | 'SERIES_NOT_FOUND'
  | 'SERIES_NOT_UNIQUE'
  | 'EXPECTED_INVALID'
  | 'PACKAGE_NOT_FOUND'

/**
 * An error that names the metric (or file, or option), the fault and what to do.
 *
 * @example
 * try { new Counter({ name: 'bad name', help: 'x' }) } catch (error) { error.code === 'NAME_INVALID' }
 */
export class MetricsError extends Error {
  override readonly name = 'MetricsError'
  /** For an unreadable file: the fault, in one word. For a failed export: the exporter. */
  readonly reason: string | undefined
  constructor(
    readonly code: MetricsErrorCode,
    message: string,
    options: { cause?: unknown; reason?: string } = {},
  ) {
    // Masked here, so that no message shows a password, including those of libraries, which may quote an address.
    super(maskCredentials(String(message)), 'cause' in options ? { cause: maskedError(options.cause) } : {})
    this.reason = options.reason
  }
}

/** An entry of OpenSSL's error queue: its thread, number, library, function and reason, and a line of its source. */
const opensslEntry = /[0-9A-F]{8,}:error:[0-9A-F]{8}:([^:]*):[^:]*:([^:]*):[^:]*:\d+:[^\n]*/g

/** Returns the reason of a caught error. After attempts at several addresses, Node's error has only the code. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.message.replace(opensslEntry, '$1: $2').trim() || (cause as NodeJS.ErrnoException).code || cause.name
}
