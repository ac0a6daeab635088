import { lstatSync, unlinkSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AddressInfo,
  createConnection,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net'
import { MetricsError } from '../model/errors.js'
import { isTrustedOwner } from '../model/ownership.js'
import type { StatisticsAddress } from '../model/statistics-address.js'
import { ownServer } from './scrape-server.js'

export interface StatisticsServerOptions {
  /** Served over a unix socket, TCP or HTTP; port 0 takes any free one. */
  readonly address: StatisticsAddress
  /** What who asks is told; asked for anew each time. */
  readonly statistics: () => Promise<object>
  /** Told of what could not be told. */
  readonly onError: (error: MetricsError) => void
}

/** Statistics that are being served. */
export interface StatisticsServer {
  /** Where: `unix:/run/app.stats`, `127.0.0.1:9191`, `http://127.0.0.1:9191`. */
  readonly address: string
  /** Closes it, and its connections. Twice is once. */
  close(): Promise<void>
}

/** Milliseconds that somebody may take to read what he asked for. */
const patience = 10_000

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
  const connections = new Set<Socket>()
  const server = address.kind === 'http' ? await httpServer(options) : createServer((socket) => tell(socket, options))
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  if (address.kind === 'unix') {
    await makeWay(address.path)
    await listenPrivately(server, address.path)
  } else if (address.kind === 'tcp' || address.kind === 'http') {
    await listen(server, shown(address), { host: address.host, port: address.port, exclusive: true })
  } else throw new MetricsError('OPTION_INVALID', `statistics are not served over ${address.kind}`)
  let closed: Promise<void> | undefined
  return {
    address: shown(address, server),
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections) socket.destroy()
      })
      return closed
    },
  }
}

function tell(socket: Socket, { statistics, onError }: StatisticsServerOptions): void {
  // Who asks may hang up at any moment, and says nothing that is listened to.
  socket.on('error', () => socket.destroy())
  socket.setTimeout(patience, () => socket.destroy())
  socket.resume()
  statistics().then(
    (told) => socket.end(jsonOf(told)),
    (cause) => {
      onError(untold(cause))
      socket.destroy()
    },
  )
}

async function httpServer({ statistics, onError }: StatisticsServerOptions): Promise<Server> {
  const { createServer: createHttpServer } = await import('node:http')
  const server = createHttpServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end('statistics are read with GET\n')
      return
    }
    statistics().then(
      (told) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
        response.end(request.method === 'HEAD' ? undefined : jsonOf(told))
      },
      (cause) => {
        onError(untold(cause))
        response.writeHead(500).end('the statistics cannot be told at the moment\n')
      },
    )
  })
  Object.defineProperty(server, ownServer, { value: true })
  return server
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
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(privately)
  // It is bound when this returns; whether that went well is told later.
  const listening = listen(server, path, { path, exclusive: true })
  process.umask(before)
  await listening
}

function listen(server: Server, where: string, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const text = taken ? `is taken; name another address` : `cannot be opened: ${cause.message}`
      reject(new MetricsError(taken ? 'PORT_TAKEN' : 'SERVER_FAILED', `${where} for statistics ${text}`, { cause }))
    })
    server.listen(options, () => {
      server.removeAllListeners('error').on('error', () => {})
      server.unref()
      resolve()
    })
  })
}

function shown(address: StatisticsAddress, server?: Server): string {
  if ('path' in address) return `${address.kind}:${address.path}`
  const port = (server?.address() as AddressInfo | null | undefined)?.port ?? address.port
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.kind === 'http' ? 'http://' : ''}${host}:${port}`
}
