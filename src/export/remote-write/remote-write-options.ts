import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import type { LabelSet } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'
import { invalidHeader } from '../send/headers.js'
import { TlsFiles } from '../send/tls-files.js'
import { type CredentialOptions, Credentials } from './credentials.js'

/** The versions of the protocol. */
const versions = ['1.0', '2.0'] as const
export type RemoteWriteVersion = (typeof versions)[number]

/** Names of PEM files for `https://…`. Renewed files are read again. */
export interface ReceiverTls {
  /** The certificates to trust. By default those that Node trusts. */
  readonly caFile?: string | undefined
  /** The certificate of this client and its key. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** Where and how numbers are sent by remote write. */
export interface ReceiverOptions extends CredentialOptions {
  /** The address of the receiver: `http://127.0.0.1:9090/api/v1/write`. It may contain a user and a password. */
  readonly url: string
  /** The version of the protocol. The default is 1.0. */
  readonly version?: RemoteWriteVersion | undefined
  /** The label `job`. By default `OTEL_SERVICE_NAME`, or the name in the `package.json` of the working directory. */
  readonly job?: string | undefined
  /** The label `instance`. By default the name of the host, or none if several hosts count together. */
  readonly instance?: string | undefined
  /** Labels of every series that has no such label. */
  readonly externalLabels?: LabelSet | undefined
  /** Headers of every request, beside those of the protocol. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly tls?: ReceiverTls | undefined
  /** The maximum number of samples of a request. The default is 2000. */
  readonly maxSamplesPerRequest?: number | undefined
  /** The maximum number of exports that wait while the receiver is unavailable. The default is 40. */
  readonly maxQueuedExports?: number | undefined
  /** Whether version 1.0 sends types and help texts. The default is true. */
  readonly metadata?: boolean | undefined
}

export const receiverOptions = {
  url: true,
  version: true,
  job: true,
  instance: true,
  externalLabels: true,
  headers: true,
  bearerToken: true,
  bearerTokenFile: true,
  username: true,
  password: true,
  passwordFile: true,
  tls: true,
  maxSamplesPerRequest: true,
  maxQueuedExports: true,
  metadata: true,
} as const satisfies OptionNames<ReceiverOptions>

const tlsOptions = { caFile: true, certFile: true, keyFile: true } as const satisfies OptionNames<ReceiverTls>

/** The checked options. */
export interface ReceiverSettings {
  readonly url: URL
  readonly version: RemoteWriteVersion
  readonly job: string | undefined
  readonly instance: string | undefined
  readonly externalLabels: LabelSet
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: Credentials
  readonly tls: TlsFiles | undefined
  readonly maxSamples: number
  readonly maxQueued: number
  readonly metadata: boolean
}

/** Headers that the protocol and HTTP set. */
const reserved =
  /^(?:content-(?:encoding|type|length)|transfer-encoding|user-agent|host|x-prometheus-remote-write-version)$/i

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** @throws MetricsError `OPTION_INVALID`, with the option at fault */
export function receiverSettings(options: ReceiverOptions): ReceiverSettings {
  const { metadata = true, maxSamplesPerRequest = 2_000, maxQueuedExports = 40 } = options
  if (typeof metadata !== 'boolean') throw invalid('metadata must be true or false', metadata)
  return {
    url: urlOf(options.url),
    version: versionOf(options.version ?? '1.0'),
    job: text('job', options.job),
    instance: text('instance', options.instance),
    externalLabels: labelsOf(options.externalLabels),
    headers: headersOf(options),
    credentials: credentialsOf(options),
    tls: tlsOf(options.tls),
    maxSamples: wholeNumber('maxSamplesPerRequest', maxSamplesPerRequest, 1_000_000),
    maxQueued: wholeNumber('maxQueuedExports', maxQueuedExports, 100_000),
    metadata,
  }
}

/** In YAML, `2.0` without quotes is the number 2. */
function versionOf(value: unknown): RemoteWriteVersion {
  const version = versions.find((each) => each === value || Number(each) === value)
  if (version === undefined) throw invalid('version must be "1.0" or "2.0"', value)
  return version
}

function urlOf(address: unknown): URL {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw invalid('url must be the address of a receiver, such as http://127.0.0.1:9090/api/v1/write', address)
}

function headersOf({ headers }: ReceiverOptions): Readonly<Record<string, string>> {
  const all = texts('headers', headers)
  const invalidName = invalidHeader(all)
  // Without the value, which may be a password.
  if (invalidName !== undefined) throw invalid('headers must be names and values that HTTP allows', invalidName)
  const name = Object.keys(all).find((each) => reserved.test(each))
  if (name === undefined) return all
  throw new MetricsError('OPTION_INVALID', `${where}: the header ${JSON.stringify(name)} is set by remote write itself`)
}

function credentialsOf(options: ReceiverOptions): Credentials {
  const names = ['bearerToken', 'bearerTokenFile', 'username', 'password', 'passwordFile'] as const
  const given = names.filter((name) => text(name, options[name]) !== undefined)
  const tokens = given.filter((name) => name.startsWith('bearer'))
  const passwords = given.filter((name) => name.startsWith('password'))
  const several =
    [tokens, passwords].find((each) => each.length > 1) ?? (tokens.length > 0 && given.length > 1 ? given : [])
  if (several.length > 0) throw fault(`${several.join(' and ')} exclude each other: set one of them`)
  const { bearerToken } = options
  if (bearerToken !== undefined && invalidHeader({ bearerToken }) !== undefined) {
    throw fault('bearerToken has a character that HTTP does not allow in a header, such as a line break')
  }
  if (passwords.length > 0 && !given.includes('username')) throw fault(`${passwords[0]} needs username`)
  return new Credentials(options)
}

function tlsOf(tls: ReceiverTls | undefined): TlsFiles | undefined {
  if (tls === undefined) return undefined
  texts('tls', tls)
  checkOptions(`${where}: tls`, tls, tlsOptions)
  const { caFile: ca, certFile: cert, keyFile: key } = tls
  return new TlsFiles({ ca, cert, key }, { ca: 'tls.caFile', cert: 'tls.certFile', key: 'tls.keyFile' })
}

function labelsOf(labels: unknown): LabelSet {
  const all = texts('externalLabels', labels)
  const name = Object.keys(all).find((each) => !labelName.test(each) || each.startsWith('__'))
  if (name === undefined) return all
  throw fault(
    `externalLabels: ${describe(name)} is not a label name: use letters, digits and "_", not "__" at the start`,
  )
}

function texts(name: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    // Without the value, which may be a credential.
    throw fault(
      `${name} must be an object of texts, got ${Array.isArray(value) ? 'an array' : `the type ${typeof value}`}`,
    )
  }
  const given = Object.entries(value).filter(([, each]) => each !== undefined)
  const wrong = given.find(([, each]) => !['string', 'number', 'boolean'].includes(typeof each))
  if (wrong !== undefined) throw invalid(`${name}.${wrong[0]} must be a text`, wrong[1])
  return Object.fromEntries(given.map(([key, each]) => [key, String(each).toWellFormed()]))
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value?.toWellFormed()
  throw invalid(`${name} must be a text`, value)
}

function wholeNumber(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value
  throw invalid(`${name} must be a whole number from 1 to ${most}`, value)
}

const where = 'startRemoteWrite'

function invalid(what: string, got: unknown): MetricsError {
  return fault(`${what}, got ${describe(got)}`)
}

function fault(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `${where}: ${what}`)
}
