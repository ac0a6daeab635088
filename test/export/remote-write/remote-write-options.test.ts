import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { receiverSettings } from '../../../src/export/remote-write/remote-write-options.js'
import { Counter, Registry } from '../../../src/index.js'
import { startRemoteWrite } from '../../../src/remote-write.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { TestReceiver } from '../../helpers/remote-write/test-receiver.js'

const url = 'http://127.0.0.1:1/api/v1/write'

test.for<[string, Readonly<Record<string, unknown>>, string]>([
  [
    'no address',
    { url: undefined },
    'url must be the address of a receiver, such as http://127.0.0.1:9090/api/v1/write',
  ],
  ['an address of another protocol', { url: 'ftp://127.0.0.1/' }, 'url must be the address of a receiver'],
  ['an unknown version', { version: '3.0' }, 'version must be "1.0" or "2.0", got "3.0"'],
  ['a misspelt option', { externalLabel: {} }, 'did you mean "externalLabels"?'],
  ['a label name that is invalid', { externalLabels: { 'a-b': 'c' } }, 'externalLabels: "a-b" is not a label name'],
  ['a reserved label name', { externalLabels: { __x: 'c' } }, 'externalLabels: "__x" is not a label name'],
  ['labels that are not texts', { externalLabels: { a: {} } }, 'externalLabels.a must be a text'],
  ['headers in a list', { headers: ['a: b'] }, 'headers must be an object of texts'],
  ['a header of two lines', { headers: { 'x-a': 'b\nc' } }, 'names and values that HTTP allows, got "x-a"'],
  ['a header of the protocol', { headers: { 'User-agent': 'x' } }, 'the header "User-agent" is set by remote write'],
  ['an empty job', { job: '' }, 'job must be a text'],
  ['two tokens', { bearerToken: 'a', bearerTokenFile: 'b' }, 'bearerToken and bearerTokenFile exclude each other'],
  ['a token and a user', { bearerToken: 'a', username: 'b' }, 'bearerToken and username exclude each other'],
  ['a token with a line break', { bearerToken: 'a\nb' }, 'bearerToken has a character that HTTP does not allow'],
  ['a password without a user', { password: 'a' }, 'password needs username'],
  ['a certificate without its key', { tls: { certFile: 'a' } }, 'tls.certFile needs tls.keyFile'],
  ['an unknown file', { tls: { cafile: 'a' } }, 'did you mean "caFile"?'],
  ['no samples', { maxSamplesPerRequest: 0 }, 'maxSamplesPerRequest must be a whole number from 1'],
  ['half an export', { maxQueuedExports: 0.5 }, 'maxQueuedExports must be a whole number from 1'],
  ['an interval in words', { interval: '15s' }, 'interval must be a number of seconds'],
  ['metadata that are not a switch', { metadata: 'yes' }, 'metadata must be true or false'],
])('startRemoteWrite refuses %s', ([, options, text]) => {
  expect(() => startRemoteWrite({ url, job: 'shop', ...options } as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(text) }),
  )
})

test.for([
  [1, '1.0'],
  [2, '2.0'],
  ['2.0', '2.0'],
] as const)('version %j is %s, because YAML reads 2.0 as a number', ([version, expected]) => {
  expect(receiverSettings({ url, version: version as never }).version).toBe(expected)
})

describe('the labels of the application', () => {
  test.for<[string, { options?: object; variable?: string; manifest?: object | undefined }, object]>([
    [
      'the options',
      { options: { job: 'a', instance: 'b' }, variable: 'c', manifest: { name: 'd' } },
      { instance: 'b', job: 'a' },
    ],
    ['OTEL_SERVICE_NAME and the host', { variable: 'c', manifest: { name: 'd' } }, { instance: hostname(), job: 'c' }],
    ['package.json', { manifest: { name: '@shop/web' } }, { instance: hostname(), job: '@shop/web' }],
    [
      'external labels',
      { options: { job: 'a', externalLabels: { instance: '', zone: 'z' } } },
      { job: 'a', zone: 'z' },
    ],
  ])('come from %s', async ([, { options, variable, manifest }, expected], { stage }) => {
    around(stage, variable, manifest)
    const receiver = await TestReceiver.start(stage)
    const registry = new Registry()
    new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
    const exporter = startRemoteWrite({ url: receiver.url, interval: 3600, registry, ...options })
    stage.after(() => exporter.stop())
    expect(await exporter.send()).toBe('ok')
    expect(receiver.writes[0]!.series[0]!.labels).toEqual([
      '__name__',
      'jobs_total',
      ...Object.entries(expected).flat(),
    ])
  })

  test('are refused without a name', ({ stage }) => {
    around(stage, undefined, undefined)
    expect(() => startRemoteWrite({ url })).toThrow(/job is missing.*set the option job, or OTEL_SERVICE_NAME/)
  })
})

/** A working directory, with a `package.json` if there is a manifest, and OTEL_SERVICE_NAME. */
function around(stage: Stage, variable: string | undefined, manifest: object | undefined): void {
  const folder = join(stage.folder(), 'app', 'src')
  mkdirSync(folder, { recursive: true })
  if (manifest !== undefined) writeFileSync(join(folder, '..', 'package.json'), JSON.stringify(manifest))
  const before = process.cwd()
  process.chdir(folder)
  vi.stubEnv('OTEL_SERVICE_NAME', variable)
  stage.after(() => {
    process.chdir(before)
    vi.unstubAllEnvs()
  })
}
