import {
  type MetricsServer,
  type MetricsServerOptions,
  metricsServerOptions,
  openMetricsServer,
} from '../../export/http/scrape-server.js'
import { readingCheck } from '../../gather/readiness.js'
import { portMetrics } from '../../instrument/port/port-metrics.js'
import { checkOptions, givenOptions } from '../../model/known-options.js'
import { isOff, variables } from '../../platform/environment.js'
import { held } from '../../platform/held.js'
import { processContext } from '../current-context.js'
import { register } from '../default-registry.js'
import { targetsOfApplication } from '../targets/targets-in.js'
import { isGatherer, ownPage } from './page.js'
import { announcePort } from './port-announcement.js'

/**
 * Opens a separate port for scrapes: `GET /metrics` returns the numbers of the whole application, and `GET /targets` the
 * targets of its processes, for Prometheus' http_sd.
 *
 * @param options port (9464; 0 for any free one), host (127.0.0.1), path (/metrics), registry (the default one), page (true: a page for people
 * at `/`)
 * @throws MetricsError `OPTION_INVALID`; `PORT_TAKEN` if the port stays in use for several attempts
 * @example
 * const metrics = await startMetricsServer({ port: 9464 })
 * console.log(`metrics at ${metrics.url}`)
 */
export async function startMetricsServer(
  options: { readonly [K in keyof MetricsServerOptions]?: MetricsServerOptions[K] | undefined } = {},
): Promise<MetricsServer> {
  checkOptions('startMetricsServer', options, metricsServerOptions)
  const { page = !isOff(variables.page), registry = register } = options
  const setup = {
    events: portMetrics(processContext()),
    readiness: readingCheck(() => processContext().gatherer),
    routes: [targetsOfApplication()],
    page: page && isGatherer(registry) ? ownPage(registry) : undefined,
  }
  const server = await held(openMetricsServer({ ...givenOptions(options), registry }, setup))
  announcePort(server)
  const { log } = processContext()
  const { url } = server
  server.server.once('close', () => log.info(`the metrics port ${url} is closed`, { event: 'metricsPortClosed', url }))
  return server
}
