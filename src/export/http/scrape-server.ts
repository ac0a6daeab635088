import type { Server } from 'node:http'
import type { ReadinessCheck } from '../../gather/readiness.js'
import { MetricsError } from '../../model/errors.js'
import { givenOptions, type OptionNames } from '../../model/known-options.js'
import { held } from '../../platform/held.js'
import { setTimeout } from '../../platform/timers.js'
import type { Exporter, Exposition } from '../contract.js'
import { pagePath, pageRoutes } from '../page/page-routes.js'
import type { PageSource } from '../page/page-source.js'
import { ScrapeLog } from '../page/scrape-log.js'
import { StartAndStop } from '../start-and-stop.js'
import { checkAllowedHosts } from './allowed-hosts.js'
import { checkEncryption, type EncryptionOptions } from './encryption.js'
import { healthRoutes } from './health.js'
import { HttpPort, type HttpPortOptions } from './http-port.js'
import { openPorts } from './open-ports.js'
import type { PortEvents } from './port-events.js'
import { checkLimits, type PortLimits, portLimits } from './port-limits.js'
import type { Route } from './route-table.js'
import { scrapeRoute } from './scrape.js'

export interface MetricsServerOptions extends PortLimits {
  /** The port; 0 uses any free one. */
  readonly port?: number
  /** The address to listen on. By default, only this machine can connect. */
  readonly host?: string
  readonly path?: string
  readonly registry: Exposition
  /** The maximum number of attempts to open a port in use. */
  readonly attempts?: number
  /** Milliseconds between two attempts. */
  readonly retryEvery?: number
  /** Whether the open port keeps the process running. */
  readonly keepAlive?: boolean
  /**
   * Answers over HTTPS only, and only clients with a certificate if one is required. Renewed files are reloaded
   * automatically.
   */
  readonly tls?: EncryptionOptions | undefined
  /**
   * Names that the `Host` header may have, besides those of this machine and `host`. By default, the header is checked
   * on a loopback address only; `['*']` allows every name.
   */
  readonly allowedHosts?: readonly string[] | undefined
  /** Whether `/` shows a page for people. By default it does, unless `PROMHIVE_PAGE` is `off`. */
  readonly page?: boolean | undefined
}

const defaults = {
  port: 9464,
  host: '127.0.0.1',
  path: '/metrics',
  attempts: 5,
  retryEvery: 200,
  keepAlive: false,
} as const satisfies Omit<MetricsServerOptions, 'registry' | 'tls'>

/** An address that a browser can open, for one that stands for all addresses of the machine. */
const visitable: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The names of the options, for checking them. */
export const metricsServerOptions = {
  port: true,
  host: true,
  path: true,
  registry: true,
  attempts: true,
  retryEvery: true,
  keepAlive: true,
  tls: true,
  allowedHosts: true,
  page: true,
  ...portLimits,
} as const satisfies OptionNames<MetricsServerOptions>

/** An open metrics port. */
export interface MetricsServer {
  readonly port: number
  readonly host: string
  /** The URL to scrape, such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string
  /** The URL of the page for people, such as `http://127.0.0.1:9464/`; undefined without the page. */
  readonly pageUrl: string | undefined
  readonly server: Server
  /** Closes the port and its connections. A second call does nothing. */
  close(): Promise<void>
}

/** What the creator of a `ScrapeServer` adds to the options. */
export interface ScrapeServerSetup {
  readonly events?: PortEvents
  /** Routes in addition to the metrics. */
  readonly routes?: readonly Route[]
  /** Whether the process is ready, for `/readyz`; with it, the port also answers `/healthz`. */
  readonly readiness?: ReadinessCheck
  /** What the page for people shows, on `/`; without it there is no page. */
  readonly page?: PageSource | undefined
  /** Returns the name of an option for error texts. */
  readonly nameOf?: (option: string) => string
}

/** The metrics port of one process. */
export class ScrapeServer implements Exporter {
  private readonly states = new StartAndStop(
    () => this.open(),
    () => this.close(),
  )
  private readonly options: Required<Omit<MetricsServerOptions, 'tls' | keyof PortLimits | 'allowedHosts' | 'page'>>
  private readonly port: HttpPortOptions
  private readonly hasPage: boolean
  private http: HttpPort | undefined
  private opened: MetricsServer | undefined

  /** @throws MetricsError `OPTION_INVALID` */
  constructor(
    options: MetricsServerOptions,
    {
      events = {},
      routes = [],
      readiness,
      page,
      nameOf = (option) => `startMetricsServer: ${option}`,
    }: ScrapeServerSetup = {},
  ) {
    this.options = { ...defaults, ...givenOptions(options), registry: options.registry }
    const tls = options.tls === undefined ? undefined : checkEncryption(options.tls)
    const limits = checkLimits(options, nameOf)
    const allowedHosts = checkAllowedHosts(options.allowedHosts, nameOf)
    const { port, path, registry } = this.options
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new MetricsError('OPTION_INVALID', `${nameOf('port')} must be a whole number from 0 to 65535, got ${port}`)
    }
    if (typeof path !== 'string' || !path.startsWith('/')) {
      throw new MetricsError('OPTION_INVALID', `${nameOf('path')} must begin with "/", got ${path}`)
    }
    const others = [...routes, ...(readiness === undefined ? [] : healthRoutes(readiness))]
    if (others.some((route) => route.path === path)) {
      throw new MetricsError('OPTION_INVALID', `${nameOf('path')} cannot be ${path}: the port answers otherwise there`)
    }
    const metrics = metricsRoute(path, registry, limits.maxQueuedScrapes)
    // The metrics may have the path of the page.
    this.hasPage = page !== undefined && path !== pagePath
    const shown = this.hasPage ? withPage(metrics, page!) : [metrics]
    this.port = { tls, limits, allowedHosts, events, routes: [...shown, ...others] }
  }

  /** The open port; undefined while it is closed. */
  get serving(): MetricsServer | undefined {
    return this.opened
  }

  /** @throws MetricsError `PORT_TAKEN` if the port stays taken; `SERVER_FAILED` if it cannot be opened */
  start(): Promise<void> {
    return this.states.start()
  }

  stop(): Promise<void> {
    return this.states.stop()
  }

  private async open(): Promise<void> {
    const { port, host, path, attempts, retryEvery, keepAlive } = this.options
    const http = await HttpPort.create(this.port)
    await listen(http, port, host, attempts, retryEvery)
    if (!keepAlive) http.server.unref()
    const { port: bound, server } = http
    const scheme = this.port.tls === undefined ? 'http' : 'https'
    const at = (address: string): string => `${scheme}://${address.includes(':') ? `[${address}]` : address}:${bound}`
    const url = `${at(host)}${path}`
    const pageUrl = this.hasPage ? `${at(visitable[host] ?? host)}${pagePath}` : undefined
    this.http = http
    this.opened = { port: bound, host, url, pageUrl, server, close: () => held(this.stop()) }
    openPorts().add(this.opened)
  }

  private async close(): Promise<void> {
    const { http } = this
    this.http = undefined
    this.opened = undefined
    await http?.close()
  }
}

/**
 * Opens a metrics port.
 *
 * @throws MetricsError `OPTION_INVALID`; `PORT_TAKEN` if the port stays taken
 */
export async function openMetricsServer(
  options: MetricsServerOptions,
  setup?: ScrapeServerSetup,
): Promise<MetricsServer> {
  const server = new ScrapeServer(options, setup)
  await server.start()
  return server.serving!
}

/** Adds the page, which shows how the last scrapes went. */
function withPage(metrics: Route, page: PageSource): readonly Route[] {
  const scrapes = new ScrapeLog()
  return [scrapes.logged(metrics), ...pageRoutes(page, scrapes, metrics.path)]
}

/** Creates the route of the metrics. */
function metricsRoute(path: string, registry: Exposition, maxQueued: number): Route {
  return { path, handle: (request, query) => scrapeRoute(registry, request, query, maxQueued) }
}

async function listen(http: HttpPort, port: number, host: string, attempts: number, retryEvery: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const fault = await http.listen(port, host).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )
    if (fault === undefined) return
    if (fault.code === 'EADDRINUSE' && attempt < attempts) {
      await new Promise((resolve) => setTimeout(resolve, retryEvery))
      continue
    }
    // Also stops watching the certificates.
    void http.close()
    if (fault.code !== 'EADDRINUSE') {
      throw new MetricsError('SERVER_FAILED', `the metrics port ${host}:${port} cannot be opened: ${fault.message}`, {
        cause: fault,
      })
    }
    const text = `the metrics port ${host}:${port} is taken, after ${attempt} tries; choose another port, or 0 for any`
    throw new MetricsError('PORT_TAKEN', text, { cause: fault })
  }
}
