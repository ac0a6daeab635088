import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MetricsError } from '../model/errors.js'
import type { OptionNames } from '../model/known-options.js'
import { setTimeout } from '../runtime/timers.js'
import { checkEncryption, type EncryptionOptions, keepCurrent, serverOptions } from './encryption.js'
import { type Exposition, type ScrapeResponse, scrape, textResponse } from './scrape.js'

export interface MetricsServerOptions {
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
} as const satisfies OptionNames<MetricsServerOptions>

/** What instruments know promhive's own servers by: scrapes are no requests to the application. */
export const ownServer = Symbol.for('promhive.metrics-server')

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

/** Opens a metrics port. Throws `OPTION_INVALID`, and `PORT_TAKEN` when the port stays taken. */
export async function openMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const { port, host, path, registry, attempts, retryEvery, keepAlive } = {
    ...defaults,
    ...given,
  } as Required<MetricsServerOptions>
  const tls = options.tls === undefined ? undefined : checkEncryption(options.tls)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MetricsError(
      'OPTION_INVALID',
      `startMetricsServer: port must be a whole number from 0 to 65535, got ${port}`,
    )
  }
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new MetricsError('OPTION_INVALID', `startMetricsServer: path must begin with "/", got ${path}`)
  }
  const server = await serverOf(tls, (request, response) => {
    answer(request, registry, path).then(
      (answered) => send(request, response, answered),
      () => response.destroy(),
    )
  })
  Object.defineProperty(server, ownServer, { value: true })
  await listen(server, port, host, attempts, retryEvery)
  if (!keepAlive) server.unref()
  const { port: bound } = server.address() as AddressInfo
  const url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}${path}`
  return { port: bound, host, url, server, close: () => close(server) }
}

/** The module is loaded with the first port that is opened: most processes of an application open none. */
async function serverOf(tls: EncryptionOptions | undefined, listener: RequestListener): Promise<Server> {
  if (tls === undefined) {
    const { createServer } = await import('node:http')
    return createServer(listener)
  }
  const { createServer } = await import('node:https')
  const server = createServer(serverOptions(tls), listener)
  keepCurrent(server, tls)
  return server
}

async function answer(request: IncomingMessage, registry: Exposition, path: string): Promise<ScrapeResponse> {
  const [asked, query] = (request.url ?? '/').split('?', 2)
  if (asked !== path) return textResponse(404, `nothing here; the metrics are at ${path}\n`)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const { status, headers, body } = textResponse(405, `metrics are read with GET\n`)
    return { status, headers: { ...headers, Allow: 'GET, HEAD' }, body }
  }
  return scrape(registry, { accept: request.headers.accept, names: new URLSearchParams(query).getAll('name[]') })
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: ScrapeResponse): void {
  response.writeHead(status, headers)
  if (request.method !== 'HEAD') for (const chunk of body) response.write(chunk)
  response.end()
}

/** Listens outside of node:cluster's sharing: a scrape of this port reaches this process. */
async function listen(server: Server, port: number, host: string, attempts: number, retryEvery: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const fault = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      const failed = (error: NodeJS.ErrnoException): void => resolve(error)
      server.once('error', failed)
      server.listen({ port, host, exclusive: true }, () => {
        server.off('error', failed)
        resolve(undefined)
      })
    })
    if (fault === undefined) return
    if (fault.code !== 'EADDRINUSE') {
      throw new MetricsError('SERVER_FAILED', `the metrics port ${host}:${port} cannot be opened: ${fault.message}`, {
        cause: fault,
      })
    }
    if (attempt >= attempts) {
      const text = `the metrics port ${host}:${port} is taken, after ${attempt} tries; choose another port, or 0 for any`
      throw new MetricsError('PORT_TAKEN', text, { cause: fault })
    }
    await new Promise((resolve) => setTimeout(resolve, retryEvery))
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
