import { encryptionFromEnvironment } from '../../export/http/encryption.js'
import { portOptionsFromEnvironment } from '../../export/http/port-environment.js'
import { portText } from '../../export/http/port-text.js'
import { openMetricsServer } from '../../export/http/scrape-server.js'
import { defaultRegistryName } from '../../model/descriptor.js'
import { MetricsError } from '../../model/errors.js'
import { isServiceLink } from '../../model/service-link.js'
import { firstSet, isOff, itemsOf, variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { identityOf } from '../../runtime/application-identity.js'
import { processContext } from '../../runtime/current-context.js'
import { isOfOneRun } from '../../runtime/directory/application-directory.js'
import { chosenExporters, exportersForAll, startExporters } from '../../runtime/exporters/configured.js'
import { OutsideAmounts } from '../../runtime/exporters/outside-amounts.js'
import { misspeltVariables } from '../../runtime/misspelt-variables.js'
import { MemoryBackend } from '../../store/memory/memory-backend.js'
import type { Command } from '../command.js'
import { namedDirectory } from '../directory-argument.js'
import type { AskedCommand } from '../living-directory.js'
import { openPage } from '../open-in-browser.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print, printError } from '../output.js'
import { PortFamilies } from '../port-families.js'
import { redisOptions, redisTarget, redisUsage } from '../redis/redis-arguments.js'
import { reportOnce } from '../report-once.js'
import { directoryArguments } from '../serve/directory-arguments.js'
import { ExportTallies } from '../serve/export-tallies.js'
import { NotedGatherer } from '../serve/noted-gatherer.js'
import { type Served, type ServedOptions, servedApplications, servedDirectory, servedService } from '../serve/served.js'

const options = {
  dir: { type: 'string', short: 'd', multiple: true },
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  path: { type: 'string' },
  registry: { type: 'string' },
  'per-worker': { type: 'boolean' },
  'allowed-hosts': { type: 'string' },
  'no-page': { type: 'boolean' },
  open: { type: 'boolean' },
  ...redisOptions,
} as const satisfies OptionTable

const usage = `promhive serve --dir DIR [--port 9464] [--host 127.0.0.1] [--path /metrics] [--registry NAME]
promhive serve --dir NAME=DIR --dir NAME=DIR [the same options]
promhive serve --redis URL [--prefix NAME] [the same options]

Answers scrapes for an application from outside: it reads the directory, or the Redis, in which the application's
processes count. It answers even while all of them are blocked, and after they were killed. With --redis it also
keeps the keys from expiring and adds the counts of dead processes to the totals: it serves an application of jobs.
In a directory, it also reads the files of Python processes (prometheus_client in its multiprocess mode).

  --dir DIR        the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR, otherwise that of the only
                   application of this user that runs)
  --dir NAME=DIR   the directory of one of several applications: /metrics shows them all with the label application,
                   and /probe?target=NAME shows one of them
${redisUsage}
  --port N         the port to listen on; 0 uses any free one
  --host ADDRESS   0.0.0.0 for every address of this machine
  --path PATH      the path of the metrics
  --registry NAME  only this registry; by default all of them
  --per-worker     show every series with the number of its worker (PROMHIVE_PER_WORKER=1)
  --allowed-hosts NAMES
                   further names that the Host header may have, separated by commas; * for any
                   (PROMHIVE_METRICS_ALLOWED_HOSTS)
  --no-page        do not show the page for people at / (PROMHIVE_PAGE=off)
  --open           open that page in a browser

The port also answers /healthz (the process runs) and /readyz (the metrics can be read). With --dir, the path /targets
lists the targets of the application's processes, for Prometheus' http_sd.

Exporters that the environment names send from here as well: PROMHIVE_EXPORTERS, or PROMHIVE_TEXT_FILE and the like.

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
    const target = redisTarget(values, values.dir?.[0])
    let report = reportOnce()
    const port = new PortFamilies((error) => report(error))
    const tallies = new ExportTallies()
    const chosen = exportersForAll(chosenExporters(), firstSet(variables.workerPorts)?.[1])
    const onRecovered = (): void => {
      report = reportOnce()
      printError('promhive: Redis answers again')
    }
    const servedOptions = {
      registry: values.registry,
      report: (error: MetricsError) => report(error),
      ownFamilies: () => [...port.families(), ...tallies.families()],
      perWorker: values['per-worker'],
    }
    const served =
      target === undefined
        ? servedDirectories(values.dir, { name: 'serve', args, option: '--dir', redis: true }, servedOptions)
        : servedService(target, { ...servedOptions, onRecovered })
    const hosts = values['allowed-hosts']
    const serverOptions = {
      registry: served.exposition,
      keepAlive: true,
      tls: encryptionFromEnvironment(processEnvironment()),
      port: portNumber(values.port),
      ...portOptionsFromEnvironment(processEnvironment()),
      ...(hosts !== undefined && { allowedHosts: itemsOf(hosts) }),
      ...(host !== undefined && { host }),
      ...(path !== undefined && { path }),
    }
    const { readiness, routes } = served
    const page = values['no-page'] || isOff(variables.page) ? undefined : served.page
    const setup = { events: port, readiness, routes, page, nameOf: optionName }
    const metrics = await openMetricsServer(serverOptions, setup)
    // Before the line from which other programs know that it serves.
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    print(`promhive: serving ${served.name}; ${portText(metrics)}`)
    for (const text of misspeltVariables(processEnvironment())) printError(`promhive: ${text}`)
    if (values.open) void openPage(metrics.pageUrl).then((fault) => fault && printError(`promhive: ${fault}`))
    // Exporters count in this process only: it is none of the application, whose directory the environment may name.
    processContext().useBackend(new MemoryBackend())
    const exporters = await startExporters(chosen, servedOptions.report, {
      gatherer: served.guest ? new NotedGatherer(served.gatherer, served.guest) : served.gatherer,
      lease: (exporter) => tallies.watched(exporter, served.lease(exporter)),
      announcements: tallies,
      amounts: (destination) => new OutsideAmounts(amountsName(destination, values.registry), served.guest),
      identity: () => identityOf(served.name),
      warn: (_, text) => printError(`promhive: ${text}`),
      onError: servedOptions.report,
      recovered: (_, text) => printError(`promhive: ${text}`),
      exported: (...exported) => tallies.count(...exported),
    })
    await stopped
    await Promise.all([exporters.stop(), metrics.close()])
    served.guest?.close()
    await served.close()
    return 0
  },
}

function servedDirectories(dirs: readonly string[] | undefined, asked: AskedCommand, options: ServedOptions): Served {
  const directories = directoryArguments(dirs, asked)
  if (typeof directories !== 'string') return servedApplications(directories, options)
  if (namedDirectory(dirs?.[0]) === undefined && isOfOneRun(directories)) {
    printError(
      'promhive serve: the next run of the application has another directory; name one for both with PROMHIVE_DIR',
    )
  }
  return servedDirectory(directories, options)
}

/** The name of the amounts of a destination, as processes of the application call it. */
function amountsName(destination: string, registry: string = defaultRegistryName): string {
  return registry === defaultRegistryName ? destination : `${destination} ${registry}`
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
