import { MetricsError } from '../../model/errors.js'
import type { OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { invalidHeader } from '../send/headers.js'
import { TlsFiles } from '../send/tls-files.js'
import { type TemporalityPreference, temporalityPreferences } from './metric.js'
import { OtlpEnvironment } from './otlp-environment.js'

const protocols = ['http/protobuf', 'http/json'] as const
const compressions = ['none', 'gzip'] as const

/** Where and how metrics are sent over OTLP. The default of an option is the value of the variable in its description. */
export interface OtlpOptions {
  /**
   * The address of the receiver, to which `/v1/metrics` is added: `OTEL_EXPORTER_OTLP_ENDPOINT`; `http://localhost:4318`.
   * An address in code has its own headers and certificates: those of the environment are ignored.
   */
  readonly endpoint?: string | undefined
  /** The complete address: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`. */
  readonly metricsEndpoint?: string | undefined
  /** `OTEL_EXPORTER_OTLP_PROTOCOL`; `http/protobuf`. */
  readonly protocol?: (typeof protocols)[number] | undefined
  /** Headers of each request: `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `OTEL_EXPORTER_OTLP_COMPRESSION`; `none`. */
  readonly compression?: (typeof compressions)[number] | undefined
  /** A file with the certificates to trust: `OTEL_EXPORTER_OTLP_CERTIFICATE`. */
  readonly certificate?: string | undefined
  /** A file with the certificate of this client: `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`. */
  readonly clientCertificate?: string | undefined
  /** A file with its key: `OTEL_EXPORTER_OTLP_CLIENT_KEY`. */
  readonly clientKey?: string | undefined
  /**
   * Whether counters and histograms are sent as totals or as differences: `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`;
   * `cumulative`.
   */
  readonly temporality?: TemporalityPreference | undefined
  /** `OTEL_SERVICE_NAME`; `unknown_service:node`. */
  readonly serviceName?: string | undefined
  /** Attributes of the resource, beside those of `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resourceAttributes?: Readonly<Record<string, string>> | undefined
  /** Whether `_total` and the unit are removed from the end of names. The default is false. */
  readonly removeSuffixes?: boolean | undefined
  /** The maximum number of points in one request. The default is 10 000. */
  readonly maxPoints?: number | undefined
}

export const otlpOptions = {
  endpoint: true,
  metricsEndpoint: true,
  protocol: true,
  headers: true,
  compression: true,
  certificate: true,
  clientCertificate: true,
  clientKey: true,
  temporality: true,
  serviceName: true,
  resourceAttributes: true,
  removeSuffixes: true,
  maxPoints: true,
} as const satisfies OptionNames<OtlpOptions>

/** The checked and complete options. */
export interface OtlpSettings {
  readonly url: URL
  readonly protocol: (typeof protocols)[number]
  readonly headers: Readonly<Record<string, string>>
  readonly gzip: boolean
  readonly tls: TlsFiles | undefined
  readonly preference: TemporalityPreference
  readonly serviceName: string | undefined
  readonly resourceAttributes: Readonly<Record<string, string>>
  readonly removesSuffixes: boolean
  readonly maxPoints: number
}

/** @throws MetricsError `OPTION_INVALID`, with the option or the variable at fault */
export function otlpSettings(options: OtlpOptions, environment: OtlpEnvironment): OtlpSettings {
  const { removeSuffixes = false, maxPoints = 10_000 } = options
  const inCode = options.endpoint !== undefined || options.metricsEndpoint !== undefined
  // Credentials of another address must not be sent to this one.
  const ofAddress = inCode ? new OtlpEnvironment({}, environment.ignored) : environment
  if (typeof removeSuffixes !== 'boolean') throw invalid('removeSuffixes must be true or false', removeSuffixes)
  if (!(Number.isInteger(maxPoints) && maxPoints >= 1 && maxPoints <= 1_000_000))
    throw invalid('maxPoints must be a whole number from 1 to 1000000', maxPoints)
  const advice = ', because promhive sends over HTTP; the port is usually 4318'
  return {
    url: addressOf(options, ofAddress),
    protocol:
      word('protocol', options.protocol, protocols) ??
      environment.oneOf('protocol', protocols, advice) ??
      'http/protobuf',
    headers: checkHeaders({ ...ofAddress.headers('headers'), ...texts('headers', options.headers) }),
    gzip:
      (word('compression', options.compression, compressions) ?? environment.oneOf('compression', compressions)) ===
      'gzip',
    tls: tlsOf(options, ofAddress),
    preference:
      word('temporality', options.temporality, temporalityPreferences) ??
      environment.oneOf('temporality', temporalityPreferences) ??
      'cumulative',
    serviceName: text('serviceName', options.serviceName),
    resourceAttributes: texts('resourceAttributes', options.resourceAttributes),
    removesSuffixes: removeSuffixes,
    maxPoints,
  }
}

/** The complete address if there is one, or the path of metrics at the address for all signals. */
function addressOf(options: OtlpOptions, environment: OtlpEnvironment): URL {
  const complete = options.metricsEndpoint ?? environment.text('metricsEndpoint')
  if (complete !== undefined && (options.metricsEndpoint !== undefined || options.endpoint === undefined)) {
    const isOption = options.metricsEndpoint !== undefined
    return urlOf(isOption ? 'metricsEndpoint' : environment.nameOf('metricsEndpoint'), complete)
  }
  const base = options.endpoint ?? environment.text('endpoint') ?? 'http://localhost:4318'
  const url = urlOf(options.endpoint === undefined ? environment.nameOf('endpoint') : 'endpoint', base)
  if (!url.pathname.endsWith('/v1/metrics')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/metrics`
  return url
}

function urlOf(name: string, address: unknown): URL {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw invalid(`${name} must be an address such as http://localhost:4318`, address)
}

function tlsOf(options: OtlpOptions, environment: OtlpEnvironment): TlsFiles | undefined {
  const path = (name: 'certificate' | 'clientCertificate' | 'clientKey'): string | undefined =>
    text(name, options[name]) ?? environment.text(name)
  const nameOf = (name: 'certificate' | 'clientCertificate' | 'clientKey'): string =>
    environment.text(name) === undefined || options[name] !== undefined ? name : environment.nameOf(name)
  const paths = { ca: path('certificate'), cert: path('clientCertificate'), key: path('clientKey') }
  if (paths.ca === undefined && paths.cert === undefined && paths.key === undefined) return undefined
  return new TlsFiles(paths, {
    ca: nameOf('certificate'),
    cert: nameOf('clientCertificate'),
    key: nameOf('clientKey'),
  })
}

function word<T extends string>(name: string, value: unknown, words: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  const found = words.find((each) => each === value)
  if (found === undefined) throw invalid(`${name} must be ${words.join(' or ')}`, value)
  return found
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw invalid(`${name} must be a text`, value)
}

function texts(name: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const pairs: [string, unknown][] = isObject ? Object.entries(value) : []
  const given = pairs.filter(([, each]) => each !== undefined)
  const wrong = given.find(([, each]) => !['string', 'number', 'boolean'].includes(typeof each))
  if (!isObject || wrong !== undefined) throw invalid(`${name} must be an object of texts`, wrong?.[1] ?? value)
  return Object.fromEntries(given.map(([key, each]) => [key, String(each)]))
}

/** Without the value in the error, which may be a password. */
function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const name = invalidHeader(headers)
  if (name !== undefined) throw invalid('headers must be names and values that HTTP allows', name)
  return headers
}

function invalid(what: string, got: unknown): MetricsError {
  return new MetricsError('OPTION_INVALID', `startOtlp: ${what}, got ${describe(got)}`)
}

/**
 * Whether the variables of OpenTelemetry disable the export of metrics.
 *
 * @param environment without `PROMHIVE_OTLP`, which is stronger
 */
export function isDisabled(environment: OtlpEnvironment): boolean {
  if (environment.isTrue('disabled')) return true
  const exporters = environment.text('exporters')
  return exporters !== undefined && !exporters.split(',').some((name) => name.trim() === 'otlp')
}
