import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect } from 'vitest'
import { CertificateWatch } from '../../../src/export/http/certificate-watch.js'
import { encryptionFromEnvironment } from '../../../src/export/http/encryption.js'
import { Counter, type MetricsServerOptions, Registry, startMetricsServer } from '../../../src/index.js'
import { askSecurely, hasOpenssl, makeCertificate } from '../../helpers/certificates.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { root } from '../../helpers/processes/dist.js'
import { ask } from '../../helpers/processes/http.js'
import { freePort } from '../../helpers/processes/port.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'

const timeout = 120_000

describe.runIf(hasOpenssl)('a metrics port with a certificate', () => {
  test('answers over https, and no client with plain HTTP', async ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const metrics = await start(stage, { tls: own })
    expect(metrics.url).toBe(`https://127.0.0.1:${metrics.port}/metrics`)
    const { status, body, server } = await askSecurely(metrics.url, { ca: readFileSync(own.certfile) })
    expect([status, server]).toEqual([200, 'server'])
    expect(body).toContain('served_total 3\n')
    await expect(ask(metrics.url.replace('https', 'http'))).rejects.toThrow()
    // A client that does not know the certificate does not trust it.
    await expect(askSecurely(metrics.url, {})).rejects.toThrow(/self-signed/)
  })

  test('with a client CA answers only clients that it has signed; from a file, or a directory of files', async ({
    stage,
  }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const authority = makeCertificate(folder, 'authority')
    const client = makeCertificate(folder, 'client', authority)
    const stranger = makeCertificate(folder, 'stranger')
    const clientCapath = join(folder, 'signers')
    mkdirSync(clientCapath)
    copyFileSync(authority.certfile, join(clientCapath, 'authority.pem'))
    const ca = readFileSync(own.certfile)
    for (const named of [{ clientCafile: authority.certfile }, { clientCapath }]) {
      const { url } = await start(stage, { tls: { ...own, ...named } })
      const as = ({ certfile, keyfile }: typeof own) => ({
        ...{ ca, cert: readFileSync(certfile), key: readFileSync(keyfile) },
      })
      expect((await askSecurely(url, as(client))).status).toBe(200)
      await expect(askSecurely(url, { ca })).rejects.toThrow()
      await expect(askSecurely(url, as(stranger))).rejects.toThrow()
    }
    const { url } = await start(stage, { tls: { ...own, clientCafile: authority.certfile, clientAuthRequired: false } })
    expect((await askSecurely(url, { ca })).status).toBe(200)
  })

  test('loads a renewed certificate, and waits for the key of one that was renewed first', async ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const renewed = makeCertificate(folder, 'renewed')
    const { server, url } = await start(stage, { tls: own })
    new CertificateWatch(own, {}).start(server as never, 10)
    const ca = [readFileSync(own.certfile), readFileSync(renewed.certfile)]
    copyFileSync(renewed.certfile, own.certfile)
    expect((await askSecurely(url, { ca })).server).toBe('server')
    copyFileSync(renewed.keyfile, own.keyfile)
    await until(
      () => askSecurely(url, { ca }),
      (answer) => answer.server === 'renewed',
    )
  })

  test('is not opened with what cannot be', async ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const other = makeCertificate(folder, 'other')
    const wrong = (tls: unknown) => startMetricsServer({ port: 0, tls: tls as typeof own })
    const said = (message: string) =>
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) })
    await expect(wrong({ certfile: own.certfile })).rejects.toEqual(said('tls.keyfile is not'))
    await expect(wrong({ ...own, keyfile: '/nowhere.key' })).rejects.toEqual(said('/nowhere.key cannot be read'))
    await expect(wrong({ ...own, keyfile: other.keyfile })).rejects.toEqual(said('cannot be used together'))
    await expect(wrong({ ...own, clientAuthRequired: true })).rejects.toEqual(said('tls.clientCafile is not'))
    await expect(wrong({ ...own, clientCapath: '/nowhere' })).rejects.toEqual(said('/nowhere cannot be used'))
  })

  test("the environment names it under gunicorn's exporter's names, and a fault by its variable", ({ stage }) => {
    const folder = stage.folder()
    const { certfile, keyfile } = makeCertificate(folder, 'server')
    expect(encryptionFromEnvironment({ PROMETHEUS_SSL_CERTFILE: '' })).toBeUndefined()
    const PROMETHEUS_SSL_CERTFILE = certfile
    const named = { PROMETHEUS_SSL_CERTFILE, PROMETHEUS_SSL_KEYFILE: keyfile }
    expect(encryptionFromEnvironment(named)).toEqual({ certfile, keyfile })
    const all = { ...named, PROMETHEUS_SSL_CLIENT_CAFILE: certfile, PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'no' }
    expect(encryptionFromEnvironment(all)).toEqual({
      certfile,
      keyfile,
      clientCafile: certfile,
      clientAuthRequired: false,
    })
    expect(() => encryptionFromEnvironment({ PROMETHEUS_SSL_CERTFILE })).toThrow('PROMETHEUS_SSL_KEYFILE is not')
    expect(() => encryptionFromEnvironment({ PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'maybe' })).toThrow(
      'PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED must be true or false',
    )
  })
})

describe.runIf(hasOpenssl && process.platform === 'linux')('https by the environment', () => {
  test('promhive run, promhive serve and promhive/register speak it', { timeout }, async ({ stage }) => {
    const folder = stage.folder()
    const own = makeCertificate(folder, 'server')
    const ca = readFileSync(own.certfile)
    const env = { PROMETHEUS_SSL_CERTFILE: own.certfile, PROMETHEUS_SSL_KEYFILE: own.keyfile }
    const app = await SupervisedApplication.launch(stage, { args: ['--workers', '1'], env })
    const output = await app.says(/metrics at https:\S+\n/)
    const url = /metrics at (https:\S+)\n/.exec(output)![1]!
    await app.ask()
    await until(
      async () => (await askSecurely(url, { ca })).body,
      (body) => body.includes('app_worker_requests_total{worker_id="1"} 1\n'),
    )
    const dir = stage.directory()
    const serve = await promhiveServe(stage, ['--dir', dir], env)
    expect(serve.url).toMatch(/^https:/)
    expect((await askSecurely(serve.url, { ca })).status).toBe(200)
    expect(await serve.stop()).toBe(0)

    const port = await freePort(2)
    const register = pathToFileURL(join(root, 'dist', 'esm', 'register.js')).href
    const ports = { PORT: String(port), PROMHIVE_METRICS_PORT: String(port + 1) }
    stage.launch(join(root, 'test', 'supervisor', 'programs', 'serves.mjs'), {
      env: { ...env, ...ports, NODE_OPTIONS: `--import ${register}` },
    })
    const scrape = (): Promise<string | undefined> =>
      askSecurely(`https://127.0.0.1:${port + 1}/metrics`, { ca }).then(
        ({ body }) => body,
        () => undefined,
      )
    await until(scrape, (body) => body !== undefined)
    // Its own port is open a moment after that of the metrics.
    await until(
      () => ask(`http://127.0.0.1:${port}/`).catch(() => undefined),
      (answer) => answer?.status === 200,
    )
    const seen = await until(scrape, (body) => body?.includes('http_request_duration_seconds_count{') === true)
    // A scrape is no request to the application, over https either.
    expect(seen!.match(/^http_request_duration_seconds_count\{.*/gm)).toHaveLength(1)
  })

  test('promhive run does not start with half of it', { timeout }, async ({ stage }) => {
    const env = { PROMETHEUS_SSL_CERTFILE: '/etc/cert.pem' }
    const app = await SupervisedApplication.launch(stage, { args: ['--workers', '1'], env })
    expect(await app.ended).toBe(1)
    expect(app.output).toContain('PROMETHEUS_SSL_CERTFILE is given, and PROMETHEUS_SSL_KEYFILE is not')
  })
})

async function start(stage: Stage, options: Partial<MetricsServerOptions>) {
  const registry = new Registry()
  new Counter({ name: 'served_total', help: 'Served.', registers: [registry] }).inc(3)
  const metrics = await startMetricsServer({ port: 0, registry, ...options })
  stage.after(() => metrics.close())
  return metrics
}
