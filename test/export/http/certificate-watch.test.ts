import { appendFileSync, copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { CertificateWatch } from '../../../src/export/http/certificate-watch.js'
import type { CertificateExpiry } from '../../../src/export/http/port-events.js'
import { configure, type MetricsError, register, startMetricsServer } from '../../../src/index.js'
import {
  askSecurely,
  hasOpenssl,
  makeCertificate,
  makeCertificateFor,
  makeExpiredCertificate,
} from '../../helpers/certificates.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'

const day = 86_400

describe.runIf(hasOpenssl)('a metrics port is not opened', () => {
  const refused = (message: string) =>
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) })
  const start = (tls: object) => startMetricsServer({ port: 0, tls: tls as never })

  test('with a certificate that has expired', async ({ stage }) => {
    const expired = makeExpiredCertificate(stage.folder(), 'expired')
    await expect(start(expired)).rejects.toEqual(refused(`tls.certfile: ${expired.certfile} expired on `))
  })

  test('with a client CA that holds no certificate, or none that is valid; a directory of such neither', async ({
    stage,
  }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const expired = makeExpiredCertificate(folder, 'expired')
    const text = join(folder, 'text.pem')
    const broken = join(folder, 'broken.pem')
    writeFileSync(text, 'not a certificate\n')
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n')
    for (const file of [text, broken, own.keyfile]) {
      await expect(start({ ...own, clientCafile: file })).rejects.toEqual(
        refused(`tls.clientCafile: ${file} holds no certificate in PEM`),
      )
    }
    const clientCafile = expired.certfile
    await expect(start({ ...own, clientCafile })).rejects.toEqual(
      refused(`tls.clientCafile: ${clientCafile} expired on`),
    )
    const clientCapath = join(folder, 'signers')
    mkdirSync(clientCapath)
    copyFileSync(text, join(clientCapath, 'text.pem'))
    await expect(start({ ...own, clientCapath })).rejects.toEqual(refused('holds no certificate in PEM'))
    copyFileSync(expired.certfile, join(clientCapath, 'expired.pem'))
    await expect(start({ ...own, clientCapath })).rejects.toEqual(refused('expired on'))
  })

  test('and is opened when one of several authorities is valid', async ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const authority = makeCertificate(folder, 'authority')
    const client = makeCertificate(folder, 'client', authority)
    const clientCafile = join(folder, 'bundle.pem')
    copyFileSync(makeExpiredCertificate(folder, 'expired').certfile, clientCafile)
    appendFileSync(clientCafile, readFileSync(authority.certfile))
    const { url, close } = await start({ ...own, clientCafile })
    stage.after(close)
    const as = {
      ca: readFileSync(own.certfile),
      cert: readFileSync(client.certfile),
      key: readFileSync(client.keyfile),
    }
    expect((await askSecurely(url, as)).status).toBe(200)
  })

  test('and promhive run and promhive serve end, naming the variable', { timeout: 120_000 }, async ({ stage }) => {
    const { certfile, keyfile } = makeExpiredCertificate(stage.folder(), 'expired')
    const env = { PROMETHEUS_SSL_CERTFILE: certfile, PROMETHEUS_SSL_KEYFILE: keyfile }
    const app = await SupervisedApplication.launch(stage, { args: ['--workers', '1'], env })
    expect(await app.ended).toBe(1)
    expect(app.output).toContain(`PROMETHEUS_SSL_CERTFILE: ${certfile} expired on`)
    await expect(promhiveServe(stage, ['--dir', stage.directory()], env)).rejects.toThrow(
      `PROMETHEUS_SSL_CERTFILE: ${certfile} expired on`,
    )
  })
})

describe.runIf(hasOpenssl)('a certificate that is in use', () => {
  test('is reported 14 days before it expires, then daily, and after that as well', ({ stage }) => {
    const own = makeCertificateFor(90, stage.folder(), 'server')
    const { watch, at, told } = watched(own)
    const days: number[] = []
    for (let hour = 0; hour < 92 * 24; hour++) {
      const before = told.length
      at(hour * 3600)
      watch.look(server)
      if (told.length > before) days.push(Math.floor(hour / 24))
    }
    // The certificate began a moment before the first look.
    expect(days.map((each) => each - days[0]!)).toEqual(Array.from({ length: days.length }, (_, i) => i))
    expect([days[0], days.length]).toEqual([76, 16])
    expect(told[0]).toMatchObject({ code: 'CERTIFICATE_EXPIRES' })
    expect(told[0]!.message).toMatch(/server\.pem of the metrics port expires on \d{4}-\d\d-\d\d, in 13 days; renew it/)
    expect(told.at(-1)!.message).toMatch(/ expired on /)
  })

  test('that lives for a day only is reported in the last third of it', ({ stage }) => {
    const { watch, at, told } = watched(makeCertificateFor(1, stage.folder(), 'server'))
    for (const [hours, reports] of [
      [0, 0],
      [15, 0],
      [17, 1],
      [23, 1],
    ] as const) {
      at(hours * 3600)
      watch.look(server)
      expect(told.length, `${hours} h`).toBe(reports)
    }
    expect(told[0]!.message).toMatch(/in 7 h/)
  })

  test('stays in use while a new one cannot be used, which is reported once; a mended one is loaded', ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const next = makeCertificateFor(200, folder, 'next')
    const { watch, told, contexts, shown } = watched(own)
    const first = shown.at(-1)![0]!.notAfter
    writeFileSync(own.certfile, 'half a certif')
    watch.look(server)
    // It may be on its way.
    expect(told).toEqual([])
    for (let look = 0; look < 5; look++) watch.look(server)
    expect(told).toMatchObject([{ code: 'CERTIFICATE_UNUSABLE' }])
    expect(told[0]!.message).toContain('keeps using the certificates that it loaded before')
    copyFileSync(makeExpiredCertificate(folder, 'expired').certfile, own.certfile)
    for (let look = 0; look < 5; look++) watch.look(server)
    expect(told.length).toBe(2)
    expect([contexts.length, shown.at(-1)![0]!.notAfter]).toEqual([0, first])
    copyFileSync(next.certfile, own.certfile)
    copyFileSync(next.keyfile, own.keyfile)
    watch.look(server)
    expect(contexts.length).toBe(1)
    expect(shown.at(-1)![0]!.notAfter).toBeGreaterThan(first + 150 * day)
    expect(told.length).toBe(2)
  })

  test('is loaded again when a file in the directory of client CAs is rewritten in place', ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const clientCapath = join(folder, 'signers')
    mkdirSync(clientCapath)
    const signer = join(clientCapath, 'a.pem')
    copyFileSync(makeCertificate(folder, 'a').certfile, signer)
    const { watch, contexts } = watched({ ...own, clientCapath })
    writeFileSync(signer, readFileSync(makeCertificate(folder, 'b').certfile))
    utimesSync(signer, 1, 1)
    watch.look(server)
    expect(contexts.length).toBe(1)
  })

  const server = { setSecureContext() {} }

  function watched(options: ConstructorParameters<typeof CertificateWatch>[0]) {
    const told: MetricsError[] = []
    const shown: (readonly CertificateExpiry[])[] = []
    const contexts: unknown[] = []
    let now = Date.now()
    const events = {
      onError: (error: MetricsError) => void told.push(error),
      certificates: (all: readonly CertificateExpiry[]) => void shown.push(all),
    }
    const watch = new CertificateWatch(options, events, () => now)
    const began = now
    server.setSecureContext = (...given: unknown[]) => void contexts.push(given)
    return { watch, told, shown, contexts, at: (seconds: number) => (now = began + seconds * 1000) }
  }
})

describe.runIf(hasOpenssl)('when certificates expire', () => {
  const name = 'promhive_tls_certificate_not_after_timestamp_seconds'

  test('is a metric of the process that has the port, while it has it', async ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificateFor(30, folder, 'server')
    const metrics = await startMetricsServer({ port: 0, tls: own })
    stage.after(() => metrics.close())
    const { body } = await askSecurely(metrics.url, { ca: readFileSync(own.certfile) })
    const [, value] = new RegExp(`^${name}\\{file="${own.certfile}"\\} (\\S+)$`, 'm').exec(body) ?? []
    expect(Math.abs(Number(value) - (Date.now() / 1000 + 30 * day))).toBeLessThan(3600)
    await metrics.close()
    expect(await register.metrics()).not.toContain(name)
  })

  test('is one of promhive serve and of promhive run', { timeout: 120_000 }, async ({ stage }) => {
    const own = makeCertificateFor(30, stage.folder(), 'server')
    const ca = readFileSync(own.certfile)
    const env = { PROMETHEUS_SSL_CERTFILE: own.certfile, PROMETHEUS_SSL_KEYFILE: own.keyfile }
    const serve = await promhiveServe(stage, ['--dir', stage.directory()], env)
    const app = await SupervisedApplication.launch(stage, { args: ['--workers', '1'], env })
    const run = /metrics at (https:\S+)\n/.exec(await app.says(/metrics at https:\S+\n/))![1]!
    for (const url of [serve.url, run]) {
      const seen = await until(
        async () => (await askSecurely(url, { ca })).body,
        (body) => body.includes(name),
      )
      expect(seen.match(new RegExp(`^# TYPE ${name} gauge$`, 'gm'))).toHaveLength(1)
    }
  })
})

test('refused scrapes are counted by reason where processes share a directory', async ({ stage }) => {
  configure({ dir: stage.directory(), selfMetrics: true })
  const metrics = await startMetricsServer({ port: 0 })
  stage.after(() => metrics.close())
  await refusedByHost(metrics.port)
  await until(
    () => register.metrics(),
    (text) => text.includes('promhive_scrapes_refused_total{reason="host"} 1\n'),
  )
})

async function refusedByHost(port: number): Promise<void> {
  const { request } = await import('node:http')
  const status = await new Promise((resolve, reject) => {
    const headers = { Host: 'evil.example.com' }
    request({ port, host: '127.0.0.1', path: '/metrics', headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('error', reject)
      .end()
  })
  expect(status).toBe(403)
}
