import { lstatSync, unlinkSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { isTrustedOwner } from '../../model/ownership.js'
import type { StatisticsAddress } from '../../model/statistics-address.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import type { Exporter } from '../contract.js'
import { Connections } from '../http/connections.js'
import { HttpPort } from '../http/http-port.js'
import { listenOn } from '../http/listen.js'
import { type CheckedLimits, checkLimits } from '../http/port-limits.js'
import { type HttpResponse, response, textResponse } from '../http/response.js'
import { StartAndStop } from '../start-and-stop.js'

export interface StatisticsServerOptions {
  /** A unix socket, or an address for TCP or HTTP; port 0 uses any free one. */
  readonly address: StatisticsAddress
  /** Builds the response. Called once per request. */
  readonly statistics: () => Promise<object>
  /** Called with the error of a request that could not be answered. */
  readonly onError: (error: MetricsError) => void
  /** For HTTP: names that the `Host` header may have, as for the metrics port. */
  readonly allowedHosts?: readonly string[]
}

/** Only the user of the supervisor, and root, may connect. */
const privately = 0o177

/** An open server. */
interface OpenServer {
  readonly server: Server
  close(): Promise<void>
}

/**
 * Serves statistics as JSON, as uWSGI's stats server does: over a unix socket or TCP as soon as a client connects, and then
 * closes the connection; over HTTP as the answer to a GET of any path.
 */
export class StatisticsServer implements Exporter {
  private readonly states = new StartAndStop(
    () => this.open(),
    () => this.close(),
  )
  private readonly limits = checkLimits({}, (option) => option)
  private opened: OpenServer | undefined

  constructor(private readonly options: StatisticsServerOptions) {}

  /**
   * The address of the server: `unix:/run/app.stats`, `127.0.0.1:9191`, `http://127.0.0.1:9191`; undefined while it is
   * stopped.
   */
  get address(): string | undefined {
    return this.opened === undefined ? undefined : addressText(this.options.address, this.opened.server)
  }

  /** @throws MetricsError `PORT_TAKEN` if another server listens there; `SERVER_FAILED` if no server can */
  start(): Promise<void> {
    return this.states.start()
  }

  stop(): Promise<void> {
    return this.states.stop()
  }

  private async open(): Promise<void> {
    const { address } = this.options
    this.opened = await (address.kind === 'http' ? overHttp(this.options, this.limits) : this.overSocket(address))
    this.opened.server.unref()
  }

  private async close(): Promise<void> {
    const { opened } = this
    this.opened = undefined
    await opened?.close()
  }

  private async overSocket(address: StatisticsAddress): Promise<OpenServer> {
    const connections = new Connections(this.limits.maxConnections, () => {})
    const failed = (cause: Error): void => this.options.onError(statisticsFailed(cause))
    const server = createServer((socket) => {
      if (connections.add(socket)) respond(socket, this.options, connections, this.limits)
    })
    if (address.kind === 'unix') {
      await makeWay(address.path)
      await listenPrivately(server, address.path, failed)
    } else if (address.kind === 'tcp') {
      const { host, port } = address
      await listening(addressText(address), () => listenOn(server, { host, port, exclusive: true }, failed))
    } else throw new MetricsError('OPTION_INVALID', `statistics are not served over ${address.kind}`)
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve())
        connections.destroy()
      })
    return { server, close }
  }
}

function respond(
  socket: Socket,
  { statistics, onError }: StatisticsServerOptions,
  connections: Connections,
  { sendTimeout }: CheckedLimits,
): void {
  connections.mark(socket, true)
  // A client may disconnect at any moment, and its input is ignored.
  socket.on('error', () => socket.destroy())
  const timer = setTimeout(() => socket.destroy(), sendTimeout).unref()
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
  statistics().then(
    (statistics) => {
      // The answer is being sent: a further client may replace one that does not read it.
      connections.mark(socket, false)
      socket.end(jsonOf(statistics))
    },
    (cause) => {
      onError(statisticsFailed(cause))
      socket.destroy()
    },
  )
}

async function overHttp(
  { address, statistics, onError, allowedHosts = [] }: StatisticsServerOptions,
  limits: CheckedLimits,
): Promise<OpenServer> {
  const { host, port } = address as Extract<StatisticsAddress, { kind: 'http' }>
  const handle = async (): Promise<HttpResponse> => {
    try {
      const body = Buffer.from(jsonOf(await statistics()))
      return response(200, 'application/json', [body], { 'Cache-Control': 'no-store' })
    } catch (cause) {
      onError(statisticsFailed(cause))
      return textResponse(500, 'the statistics are not available at the moment\n')
    }
  }
  // As with uWSGI's stats server, the path does not matter.
  const routes = [{ path: '*', handle }]
  const http = await HttpPort.create({ limits, allowedHosts, tls: undefined, events: { onError }, routes })
  await listening(addressText(address), () => http.listen(port, host))
  return http
}

function jsonOf(statistics: object): string {
  return `${JSON.stringify(statistics, undefined, 2)}\n`
}

function statisticsFailed(cause: unknown): MetricsError {
  return new MetricsError('SERVER_FAILED', `the statistics cannot be served: ${reasonOf(cause)}`, { cause })
}

/** Removes the socket of a server that ended. Throws if a server answers there, or if the entry is not a socket. */
async function makeWay(path: string): Promise<void> {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return
  if (!facts.isSocket()) {
    throw new MetricsError('SERVER_FAILED', `${path} is there and is no socket; name another path for the statistics`)
  }
  if (!isTrustedOwner(facts.uid, process.geteuid?.())) {
    const text = `${path} is a socket of user ${facts.uid}; remove it, or name another path for the statistics`
    throw new MetricsError('SERVER_FAILED', text)
  }
  const answers = await new Promise<boolean>((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy()
      resolve(true)
    })
    // Only a refused connection shows that there is no server; otherwise there may be a busy one, or one of another
    // user.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
  if (answers) {
    throw new MetricsError('PORT_TAKEN', `another server serves statistics at ${path}; name another path`)
  }
  unlinkSync(path)
}

/** Creates the socket with its permissions, so that other users can never connect. */
async function listenPrivately(server: Server, path: string, failed: (cause: Error) => void): Promise<void> {
  const before = process.umask(privately)
  // The socket is bound when this returns; an error is reported later.
  const bound = listening(path, () => listenOn(server, { path, exclusive: true }, failed))
  process.umask(before)
  await bound
}

/** Waits until a server listens. Throws `PORT_TAKEN` or `SERVER_FAILED`. */
async function listening(where: string, listen: () => Promise<void>): Promise<void> {
  try {
    await listen()
  } catch (thrown) {
    const cause = thrown as NodeJS.ErrnoException
    const taken = cause.code === 'EADDRINUSE'
    const text = taken ? `is taken; name another address` : `cannot be opened: ${cause.message}`
    throw new MetricsError(taken ? 'PORT_TAKEN' : 'SERVER_FAILED', `${where} for statistics ${text}`, { cause })
  }
}

function addressText(address: StatisticsAddress, server?: Server): string {
  if ('path' in address) return `${address.kind}:${address.path}`
  const port = (server?.address() as AddressInfo | null | undefined)?.port ?? address.port
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.kind === 'http' ? 'http://' : ''}${host}:${port}`
}
