import { lstatSync, unlinkSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { MetricsError } from '../../model/errors.js'
import { isTrustedOwner } from '../../model/ownership.js'
import type { StatisticsAddress } from '../../model/statistics-address.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import { Connections } from '../http/connections.js'
import { HttpPort } from '../http/http-port.js'
import { listenOn } from '../http/listen.js'
import { type CheckedLimits, checkLimits } from '../http/port-limits.js'
import { type ScrapeResponse, textResponse } from '../http/scrape.js'

export interface StatisticsServerOptions {
  /** Served over a unix socket, TCP or HTTP; port 0 takes any free one. */
  readonly address: StatisticsAddress
  /** What who asks is told; asked for anew each time. */
  readonly statistics: () => Promise<object>
  /** Told of what could not be told. */
  readonly onError: (error: MetricsError) => void
  /** Over HTTP: names that the `Host` header may have, as for the metrics port. */
  readonly allowedHosts?: readonly string[]
}

/** Statistics that are being served. */
export interface StatisticsServer {
  /** Where: `unix:/run/app.stats`, `127.0.0.1:9191`, `http://127.0.0.1:9191`. */
  readonly address: string
  /** Closes it, and its connections. Twice is once. */
  close(): Promise<void>
}

/** Only who runs the supervisor, and root, may connect. */
const privately = 0o177

/**
 * Tells statistics as JSON to everybody who connects, as uWSGI's stats server does: over a unix socket or TCP as soon as
 * the connection is there, then its end; over HTTP as the answer to any GET.
 *
 * @throws MetricsError `PORT_TAKEN` where somebody else serves already, `SERVER_FAILED` where nobody can
 */
export async function openStatisticsServer(options: StatisticsServerOptions): Promise<StatisticsServer> {
  const { address } = options
  const limits = checkLimits({}, (option) => option)
  if (address.kind === 'http') return overHttp(options, limits)
  const connections = new Connections(limits.maxConnections, () => {})
  const failed = (cause: Error): void => options.onError(untold(cause))
  const server = createServer((socket) => {
    if (connections.add(socket)) tell(socket, options, connections, limits)
  })
  if (address.kind === 'unix') {
    await makeWay(address.path)
    await listenPrivately(server, address.path, failed)
  } else if (address.kind === 'tcp') {
    const { host, port } = address
    await listening(shown(address), () => listenOn(server, { host, port, exclusive: true }, failed))
    server.unref()
  } else throw new MetricsError('OPTION_INVALID', `statistics are not served over ${address.kind}`)
  let closed: Promise<void> | undefined
  return {
    address: shown(address, server),
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve())
        connections.destroy()
      })
      return closed
    },
  }
}

function tell(
  socket: Socket,
  { statistics, onError }: StatisticsServerOptions,
  connections: Connections,
  { sendTimeout }: CheckedLimits,
): void {
  connections.mark(socket, true)
  // Who asks may hang up at any moment, and says nothing that is listened to.
  socket.on('error', () => socket.destroy())
  const timer = setTimeout(() => socket.destroy(), sendTimeout).unref()
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
  statistics().then(
    (told) => {
      // The answer is being sent: a further client may replace one that does not read it.
      connections.mark(socket, false)
      socket.end(jsonOf(told))
    },
    (cause) => {
      onError(untold(cause))
      socket.destroy()
    },
  )
}

async function overHttp(
  { address, statistics, onError, allowedHosts = [] }: StatisticsServerOptions,
  limits: CheckedLimits,
): Promise<StatisticsServer> {
  const { host, port } = address as Extract<StatisticsAddress, { kind: 'http' }>
  const answer = async ({ method }: IncomingMessage): Promise<ScrapeResponse> => {
    if (method !== 'GET' && method !== 'HEAD') {
      const { status, headers, body } = textResponse(405, 'statistics are read with GET\n')
      return { status, headers: { ...headers, Allow: 'GET, HEAD' }, body }
    }
    try {
      const { status, headers, body } = textResponse(200, jsonOf(await statistics()))
      return { status, headers: { ...headers, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, body }
    } catch (cause) {
      onError(untold(cause))
      return textResponse(500, 'the statistics are not available at the moment\n')
    }
  }
  const http = await HttpPort.create({ limits, allowedHosts, tls: undefined, events: { onError }, answer })
  await listening(shown(address), () => http.listen(port, host))
  http.server.unref()
  return { address: shown(address, http.server), close: () => http.close() }
}

function jsonOf(statistics: object): string {
  return `${JSON.stringify(statistics, undefined, 2)}\n`
}

function untold(cause: unknown): MetricsError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new MetricsError('SERVER_FAILED', `the statistics cannot be told: ${why}`, { cause })
}

/** Takes away the socket of a server that ended. One that answers stays, and so does what is no socket. */
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
    // Only a refusal says that nobody is there: somebody busy, or of another user, may be.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
  if (answers) {
    throw new MetricsError('PORT_TAKEN', `another server tells statistics at ${path}; name another path`)
  }
  unlinkSync(path)
}

/** The socket is made with its rights: at no moment may others connect. */
async function listenPrivately(server: Server, path: string, failed: (cause: Error) => void): Promise<void> {
  const before = process.umask(privately)
  // It is bound when this returns; whether that went well is told later.
  const bound = listening(path, () => listenOn(server, { path, exclusive: true }, failed))
  process.umask(before)
  await bound
  server.unref()
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

function shown(address: StatisticsAddress, server?: Server): string {
  if ('path' in address) return `${address.kind}:${address.path}`
  const port = (server?.address() as AddressInfo | null | undefined)?.port ?? address.port
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.kind === 'http' ? 'http://' : ''}${host}:${port}`
}
