import type { MetricsError } from '../../model/errors.js'

/**
 * The reason why a scrape was refused or cut off: `connections` (too many of them), `queue` (too many scrapes wait for
 * their turn), `bytes` (too many wait to be read), `timeout` (the client took too long to read), `host` (the Host
 * header is not allowed), `gone` (the client closed its connection before the scrape began).
 */
export type RefusalReason = 'connections' | 'queue' | 'bytes' | 'timeout' | 'host' | 'gone'

/** A file of certificates that a port uses. */
export interface CertificateExpiry {
  readonly file: string
  /** Unix seconds. */
  readonly notAfter: number
}

/** Callbacks of a port. */
export interface PortEvents {
  /** Called for scrapes that were refused or cut off. */
  refused?(reason: RefusalReason, count: number): void
  /** Called when a certificate expires soon, has expired, or could not be reloaded, and for faults of the open port. */
  onError?(error: MetricsError): void
  /** Called with all certificates in use whenever they are loaded, and with none when the port is closed. */
  certificates?(certificates: readonly CertificateExpiry[]): void
}
