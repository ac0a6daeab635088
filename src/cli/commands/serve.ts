import { statSync } from 'node:fs'
import type { Exposition } from '../../export/contract.js'
import { encryptionFromEnvironment } from '../../export/http/encryption.js'
import { portOptionsFromEnvironment } from '../../export/http/port-environment.js'
import { openMetricsServer } from '../../export/http/scrape-server.js'
import { MetricsError } from '../../model/errors.js'
import type { SampleFamily } from '../../model/family.js'
import { isServiceLink } from '../../model/service-link.js'
import { firstSet, itemsOf, variables } from '../../platform/environment.js'
import type { Command } from '../command.js'
import { directoryArgument } from '../directory-argument.js'
import { directoryExposition } from '../directory-exposition.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print, printError } from '../output.js'
import { PortFamilies } from '../port-families.js'
import { openService } from '../redis/open-service.js'
import { type RedisTarget, redisOptions, redisTarget, redisUsage } from '../redis/redis-arguments.js'
import { reportOnce } from '../report-once.js'
import { sourceExposition } from '../source-exposition.js'

const options = {
  dir: { type: 'string', short: 'd' },
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  path: { type: 'string' },
  registry: { type: 'string' },
  'allowed-hosts': { type: 'string' },
  ...redisOptions,
} as const satisfies OptionTable

const usage = `promhive serve --dir DIR [--port 9464] [--host 127.0.0.1] [--path /metrics] [--registry NAME]
promhive serve --redis URL [--prefix NAME] [the same options]

Answers scrapes for an application from outside: it reads the directory, or the Redis, in which the application's
processes count. It answers even while all of them are blocked, and after they were killed. With --redis it also
keeps the keys from expiring and adds the counts of dead processes to the totals: it serves an application of jobs.
In a directory, it also reads the files of Python processes (prometheus_client in its multiprocess mode).

  --dir DIR        the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR)
${redisUsage}
  --port N         the port to listen on; 0 uses any free one
  --host ADDRESS   0.0.0.0 for every address of this machine
  --path PATH      the path of the metrics
  --registry NAME  only this registry; by default all of them
  --allowed-hosts NAMES
                   further names that the Host header may have, separated by commas; * for any
                   (PROMHIVE_METRICS_ALLOWED_HOSTS)

PROMETHEUS_SSL_CERTFILE and PROMETHEUS_SSL_KEYFILE make it answer over https, PROMETHEUS_SSL_CLIENT_CAFILE only
clients that have a certificate.`

export const serve: Command = {
  name: 'serve',
  summary: 'answer scrapes for the application that counts in a directory or in Redis',
  usage,
  options,
  async run(args) {
    const { values } = parseOptions(args, options, 0)
    const { host, path } = values
    const target = redisTarget(values, values.dir)
    let report = reportOnce()
    const port = new PortFamilies((error) => report(error))
    const onRecovered = (): void => {
      report = reportOnce()
      printError('promhive: Redis answers again')
    }
    const hooks = { report: (error: MetricsError) => report(error), ownFamilies: () => port.families() }
    const served =
      target === undefined
        ? servedDirectory(values.dir, values.registry, hooks)
        : servedService(target, values.registry, { ...hooks, onRecovered })
    const hosts = values['allowed-hosts']
    const serverOptions = {
      registry: served.exposition,
      keepAlive: true,
      tls: encryptionFromEnvironment(process.env),
      port: portNumber(values.port),
      ...portOptionsFromEnvironment(process.env),
      ...(hosts !== undefined && { allowedHosts: itemsOf(hosts) }),
      ...(host !== undefined && { host }),
      ...(path !== undefined && { path }),
    }
    const metrics = await openMetricsServer(serverOptions, port, optionName)
    print(`promhive: serving ${served.name} at ${metrics.url}`)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    })
    await metrics.close()
    await served.close()
    return 0
  },
}

interface Served {
  readonly name: string
  readonly exposition: Exposition
  close(): Promise<void>
}

interface ServedOptions {
  readonly report: (error: MetricsError) => void
  readonly ownFamilies: () => readonly SampleFamily[]
}

function servedDirectory(dir: string | undefined, registry: string | undefined, options: ServedOptions): Served {
  const directory = directoryArgument(dir)
  // The directory may not exist yet, because the application may start later.
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new MetricsError('DIRECTORY_UNUSABLE', `${directory} is not a directory`)
  }
  return { name: directory, exposition: directoryExposition(directory, registry, options), close: async () => {} }
}

function servedService(
  target: RedisTarget,
  registry: string | undefined,
  { onRecovered, ...options }: ServedOptions & { readonly onRecovered: () => void },
): Served {
  const service = openService(target, { onError: options.report, onRecovered })
  service.start()
  const exposition = sourceExposition(() => service.openSource(), registry, options)
  // Reads all writers before the first scrape, and reports at once if Redis cannot be read.
  exposition.expose().catch(() => {})
  return { name: target.name, exposition, close: () => service.close() }
}

function optionName(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function portNumber(optionValue: string | undefined): number {
  const [, variable] = variables.metricsPort
  const [, named = ''] = firstSet([variable]) ?? []
  const text = optionValue ?? (isServiceLink(variable, named) || named === '' ? '9464' : named)
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new MetricsError('OPTION_INVALID', `--port must be a number from 0 to 65535, got ${JSON.stringify(text)}`)
}
