import type { Server } from 'node:https'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { clearInterval, setInterval } from '../../platform/timers.js'
import { type CertificateFile, dayOf } from './certificate-file.js'
import { type EncryptionOptions, readEncryption, stampOf } from './encryption.js'
import type { PortEvents } from './port-events.js'

/** Milliseconds between two checks of the files. */
const lookEvery = 10_000
const day = 86_400
/** Seconds before its expiry at which a certificate is reported; a third of its validity if that is less. */
const notice = 14 * day

/** Reloads certificates that were renewed, and reports those that expire. */
export class CertificateWatch {
  private certificates: readonly CertificateFile[] = []
  private stamp: string
  /** The stamp of the last files that could not be used. */
  private unusable: string | undefined
  private reported = false
  /** Unix seconds at which each file was last reported. */
  private readonly lastReports = new Map<string, number>()

  /** @param now Unix milliseconds */
  constructor(
    private readonly options: EncryptionOptions,
    private readonly events: PortEvents,
    private readonly now: () => number = Date.now,
  ) {
    this.stamp = stampOf(options)
    this.use(readEncryption(options).certificates)
  }

  /** Watches until the server is closed. */
  start(server: Server, every = lookEvery): void {
    this.look(server)
    const timer = setInterval(() => this.look(server), every).unref()
    server.once('close', () => {
      clearInterval(timer)
      this.use([])
    })
  }

  /** Reloads changed files, and reports certificates that expire. An unusable file leaves the previous ones in use. */
  look(server: Pick<Server, 'setSecureContext'>): void {
    const stamp = stampOf(this.options)
    if (stamp !== this.stamp) this.reload(server, stamp)
    for (const certificate of this.certificates) this.reportExpiry(certificate)
  }

  private reload(server: Pick<Server, 'setSecureContext'>, stamp: string): void {
    try {
      const { context, certificates } = readEncryption(this.options)
      server.setSecureContext(context)
      this.stamp = stamp
      this.unusable = undefined
      this.use(certificates)
    } catch (cause) {
      // A certificate may be written a moment before its key: only files that are still unusable at the next check are reported.
      if (this.unusable !== stamp) {
        this.unusable = stamp
        this.reported = false
        return
      }
      if (this.reported) return
      this.reported = true
      const text = `${reasonOf(cause)}; the metrics port keeps using the certificates that it loaded before`
      this.events.onError?.(new MetricsError('CERTIFICATE_UNUSABLE', text, { cause }))
    }
  }

  private use(certificates: readonly CertificateFile[]): void {
    this.certificates = certificates
    this.events.certificates?.(certificates.map(({ path, notAfter }) => ({ file: path, notAfter })))
  }

  /** Once a day. */
  private reportExpiry({ path, notBefore, notAfter }: CertificateFile): void {
    const now = this.now() / 1000
    const left = notAfter - now
    if (left > Math.min(notice, (notAfter - notBefore) / 3)) return
    if (now - (this.lastReports.get(path) ?? Number.NEGATIVE_INFINITY) < day) return
    this.lastReports.set(path, now)
    const when = left > 0 ? `expires on ${dayOf(notAfter)}, in ${daysIn(left)}` : `expired on ${dayOf(notAfter)}`
    const text = `the certificate ${path} of the metrics port ${when}; renew it: a renewed file is reloaded automatically`
    this.events.onError?.(new MetricsError('CERTIFICATE_EXPIRES', text))
  }
}

function daysIn(seconds: number): string {
  const days = Math.floor(seconds / day)
  if (days > 1) return `${days} days`
  return days === 1 ? '1 day' : `${Math.max(1, Math.round(seconds / 3600))} h`
}
