import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { checkEncryption } from '../../src/export/http/encryption.js'
import { absolutePath, isInside, makeEnvironmentAbsolute } from '../../src/platform/paths.js'
import { checkTls } from '../../src/store/redis/client/redis-address.js'
import { Configuration } from '../../src/supervisor/settings/configuration.js'
import { hasOpenssl, makeCertificate } from '../helpers/certificates.js'
import { freshDirectory } from '../helpers/homes.js'

const before = process.cwd()
afterEach(() => process.chdir(before))

/** A fresh working directory for one test. */
function inFresh(): string {
  const folder = freshDirectory()
  process.chdir(folder)
  onTestFinished(() => process.chdir(before))
  return folder
}

describe('paths', () => {
  test.each([
    ['/users/ada', '/users/ada', true],
    ['/Users/Ada/Temp', '/users/ada', true],
    ['/users/ada2', '/users/ada', false],
    ['/users', '/users/ada', false],
    ['/users', '/', true],
  ])('%s inside %s: %s, whatever the case of letters', (path, folder, inside) => {
    expect(isInside(path, folder)).toBe(inside)
  })

  test('are made absolute when they are read; empty ones stay empty', () => {
    const folder = inFresh()
    expect(['a/b', './a', '..', '/x', ''].map(absolutePath)).toEqual([
      join(folder, 'a/b'),
      join(folder, 'a'),
      join(folder, '..'),
      '/x',
      '',
    ])
  })

  test('in the environment are made absolute once, permanently', () => {
    const folder = inFresh()
    writeFileSync(join(folder, 'my.mjs'), '')
    const environment = {
      PROMHIVE_DIR: 'metrics',
      PROMETHEUS_MULTIPROC_DIR: './metrics',
      prometheus_multiproc_dir: '',
      PROMETHEUS_SSL_CERTFILE: 'tls/cert.pem',
      PROMHIVE_BACKEND_CONFIG: '/etc/backend.json',
      PROMHIVE_BACKEND_CLASS: './my.mjs#Mine',
      PYTHEUS_BACKEND_CLASS: './not-there.mjs#Mine',
      OTHER: 'metrics',
    }
    makeEnvironmentAbsolute(environment)
    const made = {
      PROMHIVE_DIR: join(folder, 'metrics'),
      PROMETHEUS_MULTIPROC_DIR: join(folder, 'metrics'),
      prometheus_multiproc_dir: '',
      PROMETHEUS_SSL_CERTFILE: join(folder, 'tls/cert.pem'),
      PROMHIVE_BACKEND_CONFIG: '/etc/backend.json',
      PROMHIVE_BACKEND_CLASS: `${join(folder, 'my.mjs')}#Mine`,
      // The file may be in the folder of the program.
      PYTHEUS_BACKEND_CLASS: './not-there.mjs#Mine',
      OTHER: 'metrics',
    }
    expect(environment).toEqual(made)
    inFresh()
    makeEnvironmentAbsolute(environment)
    expect(environment).toEqual(made)
  })

  test('of the supervisor’s configuration, from whichever layer', () => {
    const folder = inFresh()
    const { settings } = new Configuration({
      environment: { PROMHIVE_DIR: 'metrics', PROMETHEUS_SSL_KEYFILE: 'key.pem' },
      commandLine: { stats: 'unix:run/app.stats', reportDir: 'reports' },
      code: { sslCertfile: 'cert.pem' },
      file: { path: 'promhive.json', values: new Map([['sslClientCafile', { value: 'ca.pem', path: 'x' }]]) },
    })
    expect(settings).toMatchObject({
      dir: join(folder, 'metrics'),
      sslKeyfile: join(folder, 'key.pem'),
      stats: `unix:${join(folder, 'run/app.stats')}`,
      reportDir: join(folder, 'reports'),
      sslCertfile: join(folder, 'cert.pem'),
      sslClientCafile: join(folder, 'ca.pem'),
    })
    expect(new Configuration({}).settings).toMatchObject({ dir: '', reportDir: '', stats: '' })
    expect(new Configuration({ code: { stats: '127.0.0.1:9191' } }).settings.stats).toBe('127.0.0.1:9191')
  })

  test.skipIf(!hasOpenssl)('of files for TLS that are read again later', () => {
    const folder = inFresh()
    expect(checkTls('redis', { caFile: 'ca.pem', servername: 'x' }, 'rediss://host')).toEqual({
      caFile: join(folder, 'ca.pem'),
      servername: 'x',
    })
    const { certfile, keyfile } = makeCertificate(folder, 'own')
    const relative = { certfile: certfile.slice(folder.length + 1), keyfile: keyfile.slice(folder.length + 1) }
    expect(checkEncryption(relative)).toEqual({ certfile, keyfile })
  })
})
