import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { checkOptions } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { absolutePath } from '../../platform/paths.js'
import { type CertificateFile, certificateFile, checkValid, ownCertificate } from './certificate-file.js'

/** The certificate of a metrics port, and the CA of the clients that may scrape it. All are paths of files in PEM. */
export interface EncryptionOptions {
  /** The certificate, followed by those of the CAs that signed it. */
  readonly certfile: string
  readonly keyfile: string
  /** Scrapers must present a certificate that one of these CAs signed. */
  readonly clientCafile?: string | undefined
  /** The same as a directory of files. */
  readonly clientCapath?: string | undefined
  /** False if clients need no certificate although a CA is configured for them. */
  readonly clientAuthRequired?: boolean | undefined
}

/** Returns the name of an option in error texts, as the user wrote it. */
export type OptionName = (option: keyof EncryptionOptions) => string

const variables = {
  certfile: 'PROMETHEUS_SSL_CERTFILE',
  keyfile: 'PROMETHEUS_SSL_KEYFILE',
  clientCafile: 'PROMETHEUS_SSL_CLIENT_CAFILE',
  clientCapath: 'PROMETHEUS_SSL_CLIENT_CAPATH',
  clientAuthRequired: 'PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED',
} as const satisfies Record<keyof EncryptionOptions, string>

/**
 * Reads the options from the environment; returns undefined if no variable is set.
 *
 * @throws MetricsError `OPTION_INVALID`, with the name of the variable
 */
export function encryptionFromEnvironment(environment: NodeJS.ProcessEnv): EncryptionOptions | undefined {
  const optionTexts = Object.fromEntries(
    Object.entries(variables).flatMap(([option, variable]) => {
      const value = environment[variable]
      return value === undefined || value === '' ? [] : [[option, value]]
    }),
  )
  const { clientAuthRequired: word, ...paths } = optionTexts
  if (word !== undefined && !/^(?:1|0|true|false|t|f|yes|no|on|off)$/i.test(word)) {
    throw new MetricsError('OPTION_INVALID', `${variables.clientAuthRequired} must be true or false, got "${word}"`)
  }
  const required = word === undefined ? undefined : /^(?:1|t|y|on)/i.test(word)
  return checkEncryption(
    { ...paths, ...(required !== undefined && { clientAuthRequired: required }) },
    (option) => variables[option],
  )
}

/**
 * Checks the options: they must be complete, and every file usable.
 *
 * @throws MetricsError `OPTION_INVALID`, with the name of the option by `nameOf`
 */
export function checkEncryption(
  options: Partial<EncryptionOptions>,
  nameOf: OptionName = (option) => `startMetricsServer: tls.${option}`,
): EncryptionOptions | undefined {
  if (typeof options !== 'object' || options === null) {
    const text = `startMetricsServer: tls takes an object such as { certfile, keyfile }, got ${describe(options)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  checkOptions('startMetricsServer: tls', options, variables)
  const { certfile, keyfile, clientCafile, clientCapath, clientAuthRequired } = options
  const missing = (has: keyof EncryptionOptions, lacks: keyof EncryptionOptions): MetricsError =>
    new MetricsError('OPTION_INVALID', `${nameOf(has)} is given, and ${nameOf(lacks)} is not: both are needed`)
  if (certfile !== undefined && keyfile === undefined) throw missing('certfile', 'keyfile')
  if (keyfile !== undefined && certfile === undefined) throw missing('keyfile', 'certfile')
  for (const option of ['clientCafile', 'clientCapath'] as const) {
    if (options[option] !== undefined && certfile === undefined) throw missing(option, 'certfile')
  }
  if (clientAuthRequired === true && clientCafile === undefined && clientCapath === undefined) {
    throw missing('clientAuthRequired', 'clientCafile')
  }
  if (certfile === undefined || keyfile === undefined) return undefined
  // Absolute paths, because renewed files are read again and the working directory may change.
  const absoluteOptions = {
    ...options,
    certfile: absolutePath(certfile),
    keyfile: absolutePath(keyfile),
    ...(clientCafile !== undefined && { clientCafile: absolutePath(clientCafile) }),
    ...(clientCapath !== undefined && { clientCapath: absolutePath(clientCapath) }),
  }
  readEncryption(absoluteOptions, nameOf)
  return absoluteOptions
}

/** Returns the options for `https.createServer`. */
export function serverOptions(options: EncryptionOptions) {
  const asks = asksClients(options)
  return { ...readEncryption(options).context, requestCert: asks, rejectUnauthorized: asks }
}

/** A CA of clients implies that certificates are required. */
function asksClients({ clientCafile, clientCapath, clientAuthRequired = true }: EncryptionOptions): boolean {
  return clientAuthRequired && (clientCafile !== undefined || clientCapath !== undefined)
}

/** The checked content of the files: the options of a server, and the validity of its certificates. */
export interface Encryption {
  readonly context: SecureContextOptions
  /** One entry for each file. */
  readonly certificates: readonly CertificateFile[]
}

/**
 * Reads the files.
 *
 * @throws MetricsError `OPTION_INVALID`, with the name of the option by `nameOf`, for files that cannot be read or
 * used, and for certificates that have expired
 */
export function readEncryption(
  options: EncryptionOptions,
  nameOf: OptionName = (option) => `startMetricsServer: tls.${option}`,
): Encryption {
  const { certfile, keyfile, clientCafile, clientCapath } = options
  const cert = read('certfile', certfile, nameOf)
  const key = read('keyfile', keyfile, nameOf)
  const secureContext = { cert, key, minVersion: 'TLSv1.2' } as const
  try {
    // Loaded with the first encrypted port, because loading it takes milliseconds.
    process.getBuiltinModule('node:tls').createSecureContext(secureContext)
  } catch (cause) {
    const text = `${nameOf('certfile')}: ${certfile} and ${keyfile} cannot be used together: ${reasonOf(cause)}`
    throw new MetricsError('OPTION_INVALID', text, { cause })
  }
  // The first certificate is that of the server; the following ones may be there for old clients only.
  const serverCertificates = checkValid(`${nameOf('certfile')}: ${certfile}`, [ownCertificate(certfile, cert)])
  if (!asksClients(options)) return { context: secureContext, certificates: serverCertificates }
  const signers: CertificateFile[] = []
  if (clientCafile !== undefined) {
    const caFiles = [certificateFile(clientCafile, read('clientCafile', clientCafile, nameOf))]
    signers.push(...checkValid(`${nameOf('clientCafile')}: ${clientCafile}`, caFiles))
  }
  if (clientCapath !== undefined) {
    const caFiles = filesIn(clientCapath, nameOf).map((path) =>
      certificateFile(path, read('clientCapath', path, nameOf)),
    )
    signers.push(...checkValid(`${nameOf('clientCapath')}: ${clientCapath}`, caFiles))
  }
  return {
    context: { ...secureContext, ca: signers.flatMap(({ pems }) => pems) },
    certificates: [...serverCertificates, ...signers],
  }
}

function read(option: keyof EncryptionOptions, path: string, nameOf: OptionName): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new MetricsError('OPTION_INVALID', `${nameOf(option)}: ${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

function filesIn(directory: string, nameOf: OptionName): readonly string[] {
  try {
    const files = readdirSync(directory)
      .map((name) => join(directory, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    if (files.length > 0) return files
    throw new Error('there is no file in it')
  } catch (cause) {
    const text = `${nameOf('clientCapath')}: ${directory} cannot be used: ${reasonOf(cause)}`
    throw new MetricsError('OPTION_INVALID', text, { cause })
  }
}

/** Returns a text that changes when one of the files, or a file in the directory, changes. */
export function stampOf({ certfile, keyfile, clientCafile, clientCapath }: EncryptionOptions): string {
  const paths = [certfile, keyfile, clientCafile, clientCapath].filter((path) => path !== undefined)
  if (clientCapath !== undefined) paths.push(...entriesOf(clientCapath))
  return JSON.stringify(
    paths.map((path) => {
      const facts = statSync(path, { throwIfNoEntry: false })
      return facts === undefined ? [path] : [path, facts.ino, facts.mtimeMs, facts.size]
    }),
  )
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name))
  } catch {
    return []
  }
}
