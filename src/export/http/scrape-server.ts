import type { IncomingMessage, Server } from 'node:http'
import type { QueueLimits } from '../../gather/scrape-queue.js'
import { MetricsError } from '../../model/errors.js'
import { givenOptions, type OptionNames } from '../../model/known-options.js'
import { held } from '../../platform/held.js'
import { setTimeout } from '../../platform/timers.js'
import { checkAllowedHosts } from './allowed-hosts.js'
import { checkEncryption, type EncryptionOptions } from './encryption.js'
import { HttpPort } from './http-port.js'
import type { PortEvents } from './port-events.js'
import { checkLimits, type PortLimits, portLimits } from './port-limits.js'
import { type Exposition, type ScrapeResponse, scrape, textResponse } from './scrape.js'

export interface MetricsServerOptions extends PortLimits {
  /** 0 takes any free port. */
  readonly port?: number
  /** The address to listen on. Only this machine when left out. */
  readonly host?: string
  readonly path?: string
  readonly registry: Exposition
  /** How often a taken port is tried before giving up. */
  readonly attempts?: number
  /** Milliseconds between two tries. */
  readonly retryEvery?: number
  /** Whether the open port keeps the process running. */
  readonly keepAlive?: boolean
  /** Answers over https only, and only who has a certificate where one is asked for. A renewed one is taken up by itself. */
  readonly tls?: EncryptionOptions | undefined
  /**
   * Names that the `Host` header may have, beside those of this machine and `host`. Without any, the header is checked on a
   * loopback address only; `['*']` allows every name.
   */
  readonly allowedHosts?: readonly string[] | undefined
}

const defaults = {
  port: 9464,
  host: '127.0.0.1',
  path: '/metrics',
  attempts: 5,
  retryEvery: 200,
  keepAlive: false,
} as const satisfies Omit<MetricsServerOptions, 'registry' | 'tls'>

/** The names of the options, for a caller that checks them. */
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
  ...portLimits,
} as const satisfies OptionNames<MetricsServerOptions>

/** A metrics port that is open. */
export interface MetricsServer {
  readonly port: number
  readonly host: string
  /** Where to scrape: `http://127.0.0.1:9464/metrics`. */
  readonly url: string
  readonly server: Server
  /** Closes the port and its connections. Twice is once. */
  close(): Promise<void>
}

/**
 * Opens a metrics port.
 *
 * @param nameOf what the caller calls an option, for error texts
 * @throws MetricsError `OPTION_INVALID`; `PORT_TAKEN` when the port stays taken
 */
export async function openMetricsServer(
  options: MetricsServerOptions,
  events: PortEvents = {},
  nameOf: (option: string) => string = (option) => `startMetricsServer: ${option}`,
): Promise<MetricsServer> {
  const { port, host, path, registry, attempts, retryEvery, keepAlive } = {
    ...defaults,
    ...givenOptions(options),
  } as Required<MetricsServerOptions>
  const tls = options.tls === undefined ? undefined : checkEncryption(options.tls)
  const limits = checkLimits(options, nameOf)
  const allowedHosts = checkAllowedHosts(options.allowedHosts, nameOf)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MetricsError('OPTION_INVALID', `${nameOf('port')} must be a whole number from 0 to 65535, got ${port}`)
  }
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new MetricsError('OPTION_INVALID', `${nameOf('path')} must begin with "/", got ${path}`)
  }
  const { maxQueuedScrapes: maxQueued } = limits
  const http = await HttpPort.create({
    limits,
    allowedHosts,
    tls,
    events,
    answer: (request, signal, ready) => answer(request, registry, path, { signal, maxQueued, ready }),
  })
  await listen(http, port, host, attempts, retryEvery)
  if (!keepAlive) http.server.unref()
  const { port: bound, server } = http
  const url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}${path}`
  return { port: bound, host, url, server, close: () => held(http.close()) }
}

async function answer(
  request: IncomingMessage,
  registry: Exposition,
  path: string,
  limits: QueueLimits,
): Promise<ScrapeResponse> {
  const [asked, query] = (request.url ?? '/').split('?', 2)
  if (asked !== path) return textResponse(404, `nothing here; the metrics are at ${path}\n`)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const { status, headers, body } = textResponse(405, `metrics are read with GET\n`)
    return { status, headers: { ...headers, Allow: 'GET, HEAD' }, body }
  }
  const names = new URLSearchParams(query).getAll('name[]')
  return scrape(registry, { accept: request.headers.accept, names, ...limits })
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
    // Also ends the watch over certificates.
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
