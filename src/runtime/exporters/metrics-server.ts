import type { MetricsServer, MetricsServerOptions } from '../../export/http/scrape-server.js'
import { held } from '../../platform/held.js'

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
export function startMetricsServer(
  options: { readonly [K in keyof MetricsServerOptions]?: MetricsServerOptions[K] | undefined } = {},
): Promise<MetricsServer> {
  return held(opened(options))
}

/** Loads the server when it is needed: most processes of an application serve no metrics themselves. */
async function opened(options: Parameters<typeof startMetricsServer>[0]): Promise<MetricsServer> {
  const { openOwnMetricsServer } = await import('./open-metrics-server.js')
  return openOwnMetricsServer(options)
}
