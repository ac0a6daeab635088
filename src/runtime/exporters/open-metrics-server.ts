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
import { processContext } from '../current-context.js'
import { register } from '../default-registry.js'
import { targetsOfApplication } from '../targets/targets-in.js'
import { isGatherer, ownPage } from './page.js'
import { announcePort } from './port-announcement.js'

/** Opens the metrics port of an application, and logs its address. */
export async function openOwnMetricsServer(
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
  const server = await openMetricsServer({ ...givenOptions(options), registry }, setup)
  announcePort(server)
  const { log } = processContext()
  const { url } = server
  server.server.once('close', () => log.info(`the metrics port ${url} is closed`, { event: 'metricsPortClosed', url }))
  return server
}
