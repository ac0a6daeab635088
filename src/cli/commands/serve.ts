import { statSync } from 'node:fs'
import { encryptionFromEnvironment } from '../../delivery/encryption.js'
import { hostsIn, portOptionsFromEnvironment } from '../../delivery/port-environment.js'
import { openMetricsServer } from '../../delivery/scrape-server.js'
import { MetricsError } from '../../model/errors.js'
import { isServiceLink } from '../../model/service-link.js'
import type { Command } from '../command.js'
import { directoryArgument } from '../directory-argument.js'
import { directoryExposition } from '../directory-exposition.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print } from '../output.js'
import { PortFamilies } from '../port-families.js'
import { reportOnce } from '../report-once.js'

const options = {
  dir: { type: 'string', short: 'd' },
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  path: { type: 'string' },
  registry: { type: 'string' },
  'allowed-hosts': { type: 'string' },
} as const satisfies OptionTable

const usage = `promhive serve --dir DIR [--port 9464] [--host 127.0.0.1] [--path /metrics] [--registry NAME]

Answers scrapes for an application that it is no part of: it reads the directory that the application's
processes count in. It answers while every one of them is blocked, and after they were killed.

  --dir DIR        the directory (PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR when left out)
  --port N         the port to listen on; 0 takes any free one
  --host ADDRESS   0.0.0.0 for every address of this machine
  --path PATH      where the metrics are
  --registry NAME  only this registry; all of them when left out
  --allowed-hosts NAMES
                   further names that the Host header may have, separated by commas; * for any
                   (PROMHIVE_METRICS_ALLOWED_HOSTS)

PROMETHEUS_SSL_CERTFILE and PROMETHEUS_SSL_KEYFILE have it answer over https, PROMETHEUS_SSL_CLIENT_CAFILE only to
who has a certificate.`

export const serve: Command = {
  name: 'serve',
  summary: 'answer scrapes for the application that counts in a directory',
  usage,
  options,
  async run(args) {
    const { values } = parseOptions(args, options, 0)
    const { host, path } = values
    const directory = directoryArgument(values.dir)
    // It need not be there yet: the application may start later.
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false) {
      throw new MetricsError('DIRECTORY_UNUSABLE', `${directory} is not a directory`)
    }
    const report = reportOnce()
    const port = new PortFamilies(report)
    const hosts = values['allowed-hosts']
    const serverOptions = {
      registry: directoryExposition(directory, values.registry, { report, ownFamilies: () => port.families() }),
      keepAlive: true,
      tls: encryptionFromEnvironment(process.env),
      port: portNumber(values.port),
      ...portOptionsFromEnvironment(process.env),
      ...(hosts !== undefined && { allowedHosts: hostsIn(hosts) }),
      ...(host !== undefined && { host }),
      ...(path !== undefined && { path }),
    }
    const metrics = await openMetricsServer(serverOptions, port)
    print(`promhive: serving ${directory} at ${metrics.url}`)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    })
    await metrics.close()
    return 0
  },
}

function portNumber(given: string | undefined): number {
  const named = process.env.PROMETHEUS_METRICS_PORT ?? ''
  const text = given ?? (isServiceLink('PROMETHEUS_METRICS_PORT', named) || named === '' ? '9464' : named)
  if (/^\d+$/.test(text)) return Number(text)
  throw new MetricsError('OPTION_INVALID', `--port must be a number from 0 to 65535, got ${JSON.stringify(text)}`)
}
