import type { X509Certificate } from 'node:crypto'
import { MetricsError } from '../../model/errors.js'

/** The certificates of a file in PEM. */
export interface CertificateFile {
  readonly path: string
  /** The valid certificates, each as PEM; all of them if none is valid. */
  readonly pems: readonly string[]
  /** The period in which all of these are valid, in Unix seconds. */
  readonly notBefore: number
  readonly notAfter: number
}

const pem = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** Reads every certificate of a file; `pems` is empty if it has no readable one. */
export function certificateFile(path: string, content: Buffer, now = Date.now() / 1000): CertificateFile {
  const all = (content.toString('latin1').match(pem) ?? []).flatMap((text) => parsed(text))
  const valid = all.filter(({ notAfter }) => notAfter > now)
  const used = valid.length > 0 ? valid : all
  return {
    path,
    pems: used.map((each) => each.text),
    notBefore: Math.max(...used.map((each) => each.notBefore)),
    notAfter: Math.min(...used.map((each) => each.notAfter)),
  }
}

/** Reads the first certificate of a file: the server's own. */
export function ownCertificate(path: string, content: Buffer): CertificateFile {
  const [firstCertificate] = content.toString('latin1').match(pem) ?? []
  return certificateFile(path, Buffer.from(firstCertificate ?? ''))
}

/**
 * Returns the files that contain certificates.
 *
 * @param what the option and its value, for the error text
 * @throws MetricsError `OPTION_INVALID` if there is no certificate, or all have expired
 */
export function checkValid(
  what: string,
  files: readonly CertificateFile[],
  now = Date.now() / 1000,
): readonly CertificateFile[] {
  const certificateFiles = files.filter(({ pems }) => pems.length > 0)
  if (certificateFiles.length === 0) throw new MetricsError('OPTION_INVALID', `${what} holds no certificate in PEM`)
  const latest = Math.max(...certificateFiles.map(({ notAfter }) => notAfter))
  if (latest > now) return certificateFiles
  throw new MetricsError('OPTION_INVALID', `${what} expired on ${dayOf(latest)}; renew the certificate`)
}

/** Formats a day as `2026-11-30`. */
export function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

function parsed(text: string): { text: string; notBefore: number; notAfter: number }[] {
  try {
    // Loaded with the first encrypted port.
    const { X509Certificate } = process.getBuiltinModule('node:crypto')
    const { validFrom, validTo }: X509Certificate = new X509Certificate(text)
    return [{ text, notBefore: Date.parse(validFrom) / 1000, notAfter: Date.parse(validTo) / 1000 }]
  } catch {
    return []
  }
}
