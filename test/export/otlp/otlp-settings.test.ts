import { describe, expect, test } from 'vitest'
import { OtlpEnvironment } from '../../../src/export/otlp/otlp-environment.js'
import { isDisabled, type OtlpOptions, otlpSettings } from '../../../src/export/otlp/otlp-settings.js'

function read(options: OtlpOptions, environment: Record<string, string> = {}) {
  const ignored: string[] = []
  const settings = otlpSettings(options, new OtlpEnvironment(environment, (text) => ignored.push(text)))
  return { ...settings, address: settings.url.href, ignored }
}

describe('the address', () => {
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318' }
  const complete = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://b:1/' }
  test.each<[string, OtlpOptions, Record<string, string>, string]>([
    ['by default', {}, {}, 'http://localhost:4318/v1/metrics'],
    ['for all signals', {}, base, 'http://a:4318/v1/metrics'],
    ['with a slash', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a/otlp/' }, 'https://a/otlp/v1/metrics'],
    ['for metrics, as it is', {}, { ...base, ...complete }, 'http://b:1/'],
    ['in code', { endpoint: 'http://c:4318' }, { ...base, ...complete }, 'http://c:4318/v1/metrics'],
    ['that has the path', { endpoint: 'http://c/api/v1/otlp/v1/metrics' }, {}, 'http://c/api/v1/otlp/v1/metrics'],
    ['complete in code', { endpoint: 'http://c', metricsEndpoint: 'http://d/push' }, base, 'http://d/push'],
    ['if the variables are empty', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, 'http://localhost:4318/v1/metrics'],
  ])('%s', (_, options, environment, expected) => expect(read(options, environment).address).toBe(expected))

  test('in code has no headers and certificates of the environment', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/none.pem',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    }
    const { headers, tls, protocol } = read({ endpoint: 'http://c' }, environment)
    expect({ headers, tls, protocol }).toEqual({ headers: {}, tls: undefined, protocol: 'http/json' })
  })
})

test('the variables for metrics override those for all signals', () => {
  const { protocol, gzip, headers, preference } = read(
    {},
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: ' c = 3%2C4 ',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'LowMemory',
    },
  )
  expect({ protocol, gzip, headers, preference }).toEqual({
    protocol: 'http/json',
    gzip: false,
    headers: { c: '3,4' },
    preference: 'lowmemory',
  })
})

test('options override variables; headers are added', () => {
  const environment = { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2' }
  const { gzip, headers } = read({ compression: 'none', headers: { b: '3' } }, environment)
  expect({ gzip, headers }).toEqual({ gzip: false, headers: { a: '1', b: '3' } })
})

test('invalid variables are ignored and reported, without their values', () => {
  const { protocol, gzip, headers, ignored } = read(
    {},
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization:secret',
    },
  )
  expect({ protocol, gzip, headers }).toEqual({ protocol: 'http/protobuf', gzip: false, headers: {} })
  expect(ignored.toSorted()).toEqual([
    'OTEL_EXPORTER_OTLP_COMPRESSION is ignored: it must be none or gzip',
    'OTEL_EXPORTER_OTLP_HEADERS is ignored: it must be key=value,key=value, with "%2C" for a comma in a value',
    'OTEL_EXPORTER_OTLP_PROTOCOL is ignored: it must be http/protobuf or http/json, because promhive sends over HTTP; the port is usually 4318',
  ])
})

test.each<[unknown, string]>([
  [{ endpoint: 'collector:4318' }, 'endpoint must be an address such as http://localhost:4318, got "collector:4318"'],
  [{ metricsEndpoint: 'ftp://a' }, 'metricsEndpoint must be an address'],
  [{ protocol: 'grpc' }, 'protocol must be http/protobuf or http/json, got "grpc"'],
  [{ compression: true }, 'compression must be none or gzip, got true'],
  [{ temporality: 'Delta' }, 'temporality must be cumulative or delta or lowmemory, got "Delta"'],
  [{ headers: 'a=b' }, 'headers must be an object of texts, got the type string'],
  [{ headers: { 'a b': '1' } }, 'headers must be names and values that HTTP allows, got "a b"'],
  [{ headers: { token: 'x\n' } }, 'headers must be names and values that HTTP allows, got "token"'],
  [{ resourceAttributes: { a: {} } }, 'resourceAttributes must be an object of texts, got an object'],
  [{ serviceName: 7 }, 'serviceName must be a text, got 7'],
  [{ maxPoints: 0 }, 'maxPoints must be a whole number from 1 to 1000000, got 0'],
  [{ removeSuffixes: 'yes' }, 'removeSuffixes must be true or false, got "yes"'],
  [{ certificate: '/none.pem' }, 'certificate: /none.pem cannot be read (ENOENT)'],
  [{ clientKey: '/none.key' }, 'clientKey needs clientCertificate'],
])('refuses %j', (options, text) => {
  expect(() => read(options as OtlpOptions)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(text) }),
  )
})

test('an invalid address in a variable is refused, with the name of the variable', () => {
  expect(() => read({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toThrow(
    'OTEL_EXPORTER_OTLP_ENDPOINT must be an address',
  )
})

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ OTEL_SDK_DISABLED: 'TRUE' }, true],
  [{ OTEL_SDK_DISABLED: '1' }, false],
  [{ OTEL_METRICS_EXPORTER: 'none' }, true],
  [{ OTEL_METRICS_EXPORTER: 'console, otlp' }, false],
])('%j disables: %s', (environment, expected) => {
  expect(isDisabled(new OtlpEnvironment(environment, () => {}))).toBe(expected)
})
