import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { workerEnvironment } from '../../../src/supervisor/gunicorn/environment-manager.js'
import { Configuration, type Layers } from '../../../src/supervisor/settings/configuration.js'
import { encryptionOf } from '../../../src/supervisor/settings/encryption-settings.js'
import { explain, logConfiguration } from '../../../src/supervisor/settings/explain.js'
import { readFile } from '../../../src/supervisor/settings/file.js'
import { settingNames, settings } from '../../../src/supervisor/settings/settings.js'
import { promhive } from '../../helpers/processes/command.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'

function originOf(layers: Layers, name: string) {
  const { value, from } = new Configuration(layers).origins.find((origin) => origin.name === name)!
  return { value, from }
}

describe('a configuration', () => {
  test('default < file < environment < command line < code', () => {
    const file = { path: 'promhive.yaml', values: new Map([['workers', { value: 2, path: 'workers' }]] as const) }
    const environment = { GUNICORN_WORKERS: '3' }
    const commandLine = { workers: '4' }
    const code = { workers: 5 }
    expect(originOf({}, 'workers').from).toBe('default')
    expect(originOf({ file }, 'workers')).toEqual({ value: 2, from: 'promhive.yaml: workers' })
    expect(originOf({ file, environment }, 'workers')).toEqual({ value: 3, from: 'environment GUNICORN_WORKERS' })
    const all = { file, environment, commandLine }
    expect(originOf(all, 'workers')).toEqual({ value: 4, from: 'command line --workers' })
    expect(originOf({ ...all, code }, 'workers')).toEqual({ value: 5, from: 'code' })
    expect(Object.isFrozen(new Configuration().settings)).toBe(true)
  })

  test.for([
    ['PROMETHEUS_MULTIPROC_DIR', '/tmp/x', 'dir', '/tmp/x'],
    ['prometheus_multiproc_dir', '/tmp/y', 'dir', '/tmp/y'],
    ['PROMETHEUS_METRICS_PORT', '9091', 'port', 9091],
    ['PROMETHEUS_BIND_ADDRESS', '0.0.0.0', 'host', '0.0.0.0'],
    ['GUNICORN_WORKERS', '7', 'workers', 7],
    ['WEB_CONCURRENCY', '6', 'workers', 6],
    ['GUNICORN_TIMEOUT', '60', 'timeout', 60],
    ['GUNICORN_WORKER_CLASS', 'gthread', 'workerClass', 'gthread'],
    ...['PrometheusWorker', 'gunicorn_prometheus_exporter.PrometheusGeventWorker'].map(
      (name) => ['GUNICORN_WORKER_CLASS', name, 'workerClass', name] as const,
    ),
    ['REDIS_ENABLED', 'on', 'redisEnabled', true],
    ['REDIS_HOST', 'redis', 'redisHost', 'redis'],
    ['REDIS_PORT', '6380', 'redisPort', 6380],
    ['REDIS_DB', '2', 'redisDb', 2],
    ['REDIS_FORWARD_INTERVAL', '10', 'redisForwardInterval', 10],
    ['WEB_CONCURRENCY', 'auto', 'workers', availableParallelism()],
    ['GUNICORN_BIND', '[::]:8000', 'bind', '[::]:8000'],
    ['PROMHIVE_METRIC_PREFIX', 'shop_', 'metricPrefix', 'shop_'],
    ['PROMHIVE_MAX_RSS', '1.5G', 'maxRss', 1_610_612_736],
    ['PROMHIVE_TIMEOUT', '2.5', 'timeout', 2.5],
    ['PROMETHEUS_SSL_CERTFILE', '/etc/cert.pem', 'sslCertfile', '/etc/cert.pem'],
    ['PROMETHEUS_SSL_KEYFILE', '/etc/cert.key', 'sslKeyfile', '/etc/cert.key'],
    ['PROMETHEUS_SSL_CLIENT_CAFILE', '/etc/ca.pem', 'sslClientCafile', '/etc/ca.pem'],
    ['PROMETHEUS_SSL_CLIENT_CAPATH', '/etc/ca', 'sslClientCapath', '/etc/ca'],
    ['PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED', 'off', 'sslClientAuthRequired', false],
  ] as const)('%s=%s is %s', ([variable, text, name, value]) => {
    const environment = { [variable]: text }
    expect(originOf({ environment }, name)).toEqual({ value, from: `environment ${variable}` })
    expect(originOf({ environment: { [variable]: '' } }, name).from).toBe('default')
  })

  test.for(['tcp://10.0.0.1:6381', 'udp://10.0.0.1:53', 'tcp://[fd00::1]:9'])(
    '%s, as Kubernetes sets it for a service, is ignored, with a line in the log',
    (text) => {
      const variables = settingNames.flatMap((name) => settings[name].env).filter((name) => name.endsWith('_PORT'))
      expect(variables).toEqual(['PROMHIVE_METRICS_PORT', 'PROMETHEUS_METRICS_PORT', 'REDIS_PORT'])
      const environment = Object.fromEntries(variables.map((name) => [name, text]))
      const configuration = new Configuration({ environment })
      expect(configuration.origins.filter(({ from }) => from !== 'default')).toEqual([])
      const lines: string[] = []
      logConfiguration(configuration, { warn: (line: string) => lines.push(line), debug() {} } as never)
      expect(lines.map((line) => line.split('=')[0])).toEqual(variables)
      // The next source counts, as if the variable was not set.
      expect(originOf({ environment: { ...environment, PROMETHEUS_METRICS_PORT: '9091' } }, 'port').value).toBe(9091)
    },
  )

  test.for([
    [
      'GUNICORN_WORKERS',
      '0',
      'GUNICORN_WORKERS must be a whole number from 1 to 1024, or auto for one per processor, got "0"',
    ],
    ['PROMETHEUS_METRICS_PORT', 'http', 'PROMETHEUS_METRICS_PORT must be a whole number from 0 to 65535'],
    ['PROMETHEUS_METRICS_PORT', '70000', 'PROMETHEUS_METRICS_PORT'],
    ['REDIS_ENABLED', 'maybe', 'REDIS_ENABLED must be true or false'],
    ['REDIS_DB', '-1', 'REDIS_DB must be a whole number of 0 or more'],
    ['PROMHIVE_MAX_RSS', 'lots', 'PROMHIVE_MAX_RSS must be a number of bytes'],
    ['PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED', 'maybe', 'PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED must be true or false'],
    ['GUNICORN_WORKER_CLASS', 'uvicorn', 'GUNICORN_WORKER_CLASS must be sync, gthread, eventlet'],
    ['PROMHIVE_COMPAT', 'uwsgi', 'PROMHIVE_COMPAT must be none or gunicorn'],
    ['PROMHIVE_METRICS_PATH', 'metrics', 'PROMHIVE_METRICS_PATH must be a path that begins with "/"'],
    ['PROMHIVE_METRIC_PREFIX', 'my-shop', 'PROMHIVE_METRIC_PREFIX must be the beginning of a metric name'],
    ['GUNICORN_BIND', 'localhost', 'GUNICORN_BIND must be a port, or an address and a port'],
    ['GUNICORN_BIND', 'unix:/run/app.sock', 'GUNICORN_BIND must be a port, or an address and a port'],
    ['GUNICORN_BIND', '0.0.0.0:70000', 'GUNICORN_BIND must be a port, or an address and a port'],
    ['REDIS_PORT', 'tcp://10.0.0.1', 'REDIS_PORT must be a whole number'],
  ] as const)('%s=%s is refused by name', ([variable, text, message]) => {
    const wrong = (): Configuration => new Configuration({ environment: { [variable]: text } })
    expect(wrong).toThrow(message)
    expect(wrong).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test("has the defaults of gunicorn's exporter under compat: gunicorn, if nothing else is set", () => {
    const { settings } = new Configuration({
      environment: { PROMHIVE_COMPAT: 'gunicorn', PROMETHEUS_METRICS_PORT: '1' },
    })
    expect(settings).toMatchObject({ dir: '/tmp/prometheus_multiproc', host: '0.0.0.0', workers: 1, port: 1 })
    expect(new Configuration({ code: { compat: 'gunicorn' } }).settings.port).toBe(9090)
    const { redisEnabled, redisHost, redisPort, redisDb, redisForwardInterval } = settings
    expect([redisEnabled, redisHost, redisPort, redisDb, redisForwardInterval]).toEqual([
      false,
      'localhost',
      6379,
      0,
      30,
    ])
  })

  test('a setting that code misspells is refused, with the one that was meant', () => {
    expect(() => new Configuration({ code: { worker: 2 } as never })).toThrow(
      'there is no setting worker; did you mean workers?',
    )
    expect(new Configuration({ code: { workers: undefined } as never }).settings.metrics).toBe(true)
  })

  test('explains every setting, and keeps a password to itself', () => {
    const text = explain(new Configuration({ environment: { REDIS_PASSWORD: 'swordfish' } }))
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual(settingNames)
    expect(text).not.toContain('swordfish')
    expect(text).toMatch(/^redisPassword +\*\*\* +environment REDIS_PASSWORD$/m)
    const wrong = (): Configuration => new Configuration({ code: { redisPassword: ['swordfish'] as never } })
    expect(wrong).toThrow(/got something else/)
  })
})

describe('exporters', () => {
  test.for([
    ['{"otlp":{}', 'it is not well-formed JSON'],
    ['/nowhere/exporters.json', '/nowhere/exporters.json does not exist'],
    ['/', '/ cannot be read (EISDIR)'],
    ['"{secret}"', 'it is neither JSON nor the path of a file'],
    ['https://user:secret@host', 'it is neither JSON nor the path of a file'],
  ] as const)('%s: the error has the reason, and no secret', ([text, reason]) => {
    const wrong = (): Configuration => new Configuration({ environment: { PROMHIVE_EXPORTERS: text } })
    expect(wrong).toThrow(
      `PROMHIVE_EXPORTERS must be exporters by name, each with its options, or the path of a JSON file with them: ${reason}`,
    )
    expect(wrong).not.toThrow('secret')
  })

  test.for([
    [['otlp'], 'it is a list'],
    [5, 'it is of the type number'],
  ] as const)('in code or a file, %j is refused', ([value, reason]) => {
    expect(() => new Configuration({ code: { exporters: value as never } })).toThrow(`with them: ${reason}`)
  })
})

describe('a configuration file', () => {
  test('without a value, a known name is unset, and an unknown one is refused', async ({ stage }) => {
    const path = join(stage.folder(), 'promhive.yaml')
    const read = async (text: string) => {
      writeFileSync(path, text)
      return new Configuration({ file: await readFile(path) })
    }
    const unset = 'workers: 3\nport:\nexporters:\nexporter:\n  prometheus:\n  cleanup: {}\n  redis: {}\n'
    expect((await read(unset)).settings).toMatchObject({ workers: 3, port: 9464, exporters: {} })
    await expect(read('otlp:\n')).rejects.toThrow('otlp is no setting')
    await expect(read('otlp: {}\n')).rejects.toThrow('otlp is no setting')
    await expect(read('exporter:\n  otlp: {}\n')).rejects.toThrow('exporter.otlp is no setting')
    await expect(read('workerPorts: {}\n')).rejects.toThrow('workerPorts must be')
  })

  test('is YAML or JSON, with names in any spelling', async ({ stage }) => {
    const yaml = join(stage.folder(), 'promhive.yaml')
    writeFileSync(yaml, 'workers: 3\nmax_requests: 100\nmaxRss: 512M\ntimeout: 5s\nreport: no\n')
    const { settings } = new Configuration({ file: await readFile(yaml) })
    expect(settings).toMatchObject({ workers: 3, maxRequests: 100, maxRss: 536_870_912, timeout: 5, report: false })
    const json = join(stage.folder(), 'promhive.json')
    writeFileSync(json, '{ "workers": 2, "graceful-timeout": 1, "hooks": "hooks.mjs" }')
    const read = new Configuration({ file: await readFile(json) }).settings
    expect(read).toMatchObject({ workers: 2, gracefulTimeout: 1, hooksModule: 'hooks.mjs' })
  })

  test("may be one of gunicorn's exporter", async ({ stage }) => {
    const path = join(stage.folder(), 'exporter.yml')
    writeFileSync(
      path,
      `exporter:
  prometheus: { metrics_port: 9100, bind_address: 127.0.0.1, multiproc_dir: /tmp/here }
  gunicorn: { workers: 2, timeout: 20, keepalive: 5 }
  redis: { enabled: false, host: cache, port: 6390, db: 1, ttl_seconds: 300, ttl_disabled: false }
`,
    )
    const ssl = join(stage.folder(), 'ssl.yml')
    const encrypted = async (enabled: boolean) => {
      const section = `{ enabled: ${enabled}, certfile: /a.pem, keyfile: /a.key, client_cafile: null }`
      writeFileSync(ssl, `exporter:\n  prometheus: { metrics_port: 1, ssl: ${section} }\n`)
      return new Configuration({ file: await readFile(ssl) })
    }
    expect((await encrypted(true)).settings).toMatchObject({ sslCertfile: '/a.pem', sslKeyfile: '/a.key' })
    expect((await encrypted(false)).settings).toMatchObject({ sslCertfile: '', sslKeyfile: '' })
    const faulty = await encrypted(true)
    expect(() => encryptionOf(faulty)).toThrow(`${ssl}: exporter.prometheus.ssl.certfile: /a.pem cannot be read`)
    const { settings } = new Configuration({ file: await readFile(path) })
    expect(settings).toMatchObject({ port: 9100, host: '127.0.0.1', dir: '/tmp/here', workers: 2, timeout: 20 })
    expect(settings).toMatchObject({ redisEnabled: false, redisHost: 'cache', redisPort: 6390, redisDb: 1 })
  })

  test('is refused with the path of the fault', async ({ stage }) => {
    const path = join(stage.folder(), 'promhive.json')
    const wrong = async (content: string): Promise<unknown> => {
      writeFileSync(path, content)
      return new Configuration({ file: await readFile(path) })
    }
    await expect(wrong('{ "wokers": 2 }')).rejects.toThrow(`${path}: wokers is no setting`)
    await expect(wrong('{ "exporter": { "prometheus": { "ssl": { "cert": "x" } } } }')).rejects.toThrow(
      'exporter.prometheus.ssl.cert is no setting',
    )
    await expect(wrong('{ "workers": "many" }')).rejects.toThrow(`${path}: workers must be a whole number`)
    await expect(wrong('{ "max_request": 5 }')).rejects.toThrow('max_request is no setting; did you mean maxRequests?')
    await expect(wrong('{ "exporter": { "prometheus": { "metrics_prot": 9100 } } }')).rejects.toThrow(
      'exporter.prometheus.metrics_prot is no setting; did you mean exporter.prometheus.metrics_port?',
    )
    await expect(wrong('["workers"]')).rejects.toThrow(`${path} must have settings by their names`)
    await expect(wrong('"workers"')).rejects.toThrow('must have settings by their names, such as "workers: 4"')
    await expect(wrong('{')).rejects.toThrow('is not well formed')
    await expect(readFile(join(stage.folder(), 'none.yaml'))).rejects.toThrow('cannot be read')
  })
})

describe('settings of workers', () => {
  test.for([
    ['8000', '0.0.0.0', '8000'],
    [':8001', '0.0.0.0', '8001'],
    ['127.0.0.1:8002', '127.0.0.1', '8002'],
    ['[::1]:8003', '::1', '8003'],
  ] as const)('--bind %s is HOST %s and PORT %s', ([bind, HOST, PORT]) => {
    const { settings } = new Configuration({ commandLine: { bind } })
    expect(workerEnvironment(settings)).toMatchObject({ HOST, PORT, GUNICORN_BIND: bind })
  })
})

describe('promhive config explain', () => {
  test('shows the settings of promhive run, and their sources', async ({ stage }) => {
    const path = join(stage.folder(), 'c.yaml')
    writeFileSync(path, 'timeout: 12\nworkers: 9\n')
    const env = { GUNICORN_WORKERS: '3', PROMHIVE_CONFIG: path }
    const { code, output } = await promhive(stage, ['config', 'explain', '--max-requests', '50', '--no-report'], env)
    expect(code).toBe(0)
    expect(output).toMatch(/^workers +3 +environment GUNICORN_WORKERS$/m)
    expect(output).toMatch(/^timeout +12 +\S*c\.yaml: timeout$/m)
    expect(output).toMatch(/^maxRequests +50 +command line --max-requests$/m)
    expect(output).toMatch(/^report +false +command line --report$/m)
    expect(output).toMatch(/^port +9464 +default$/m)
    const json = JSON.parse((await promhive(stage, ['config', 'explain', '--json'], env)).output)
    expect(json.workers).toEqual({ value: 3, from: 'environment GUNICORN_WORKERS' })
    expect((await promhive(stage, ['config', 'explain'], { GUNICORN_WORKERS: 'x' })).errors).toContain(
      'GUNICORN_WORKERS must',
    )
  })

  test.runIf(process.platform === 'linux')(
    'workers get the settings of the primary',
    { timeout: 60_000 },
    async ({ stage }) => {
      const args = ['--workers', '1', '--timeout', '9', '--worker-class', 'gevent']
      const env = { GUNICORN_WORKERS: '4', REDIS_PASSWORD: 'swordfish' }
      const app = await SupervisedApplication.start(stage, { args, env })
      const told = JSON.parse(await app.ask('/facts')).env
      expect(told).toMatchObject({ GUNICORN_WORKERS: '1', GUNICORN_WORKER_CLASS: 'gevent' })
      expect(JSON.parse(told.PROMHIVE_CONFIGURATION)).toMatchObject({ workers: 1, timeout: 9 })
      expect(told.PROMHIVE_CONFIGURATION).not.toContain('swordfish')
      const scrape = await app.scrapeText()
      expect(scrape).toMatch(/app_config_info\{[^}]*timeout="9"[^}]*workers="1"[^}]*\} 1/)
    },
  )
})
