import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { AllowedHosts } from './allowed-hosts.js'
import { CertificateWatch } from './certificate-watch.js'
import { Connections } from './connections.js'
import { type EncryptionOptions, serverOptions } from './encryption.js'
import { listenOn } from './listen.js'
import type { PortEvents } from './port-events.js'
import type { CheckedLimits } from './port-limits.js'
import { busy, type HttpResponse, textResponse } from './response.js'
import { type Route, RouteTable } from './route-table.js'
import { Sender } from './sender.js'

/** Marks promhive's own servers for instruments, which do not count scrapes as requests of the application. */
const ownServer = Symbol.for('promhive.metrics-server')

/** The maximum number of pipelined requests that wait on one connection. */
const mostPipelined = 8

export interface HttpPortOptions {
  readonly limits: CheckedLimits
  readonly allowedHosts: readonly string[]
  readonly tls: EncryptionOptions | undefined
  readonly events: PortEvents
  readonly routes: readonly Route[]
}

/** A request that waits for the previous answer on the same connection. */
type Waiting = readonly [IncomingMessage, ServerResponse]

/** An HTTP or HTTPS server of promhive, with limits on the resources that it uses. */
export class HttpPort {
  private readonly connections: Connections
  private readonly sender: Sender
  private readonly routes: RouteTable
  /** By connection: the request that is being answered, and those that wait. */
  private readonly pipelines = new WeakMap<Socket, Waiting[]>()
  private hosts: AllowedHosts | undefined

  private constructor(
    readonly server: Server,
    private readonly options: HttpPortOptions,
  ) {
    const { limits, events, routes } = options
    this.routes = new RouteTable(routes)
    this.connections = new Connections(limits.maxConnections, () => this.refused('connections'))
    this.sender = new Sender(limits, (reason) => this.refused(reason))
    Object.defineProperty(server, ownServer, { value: true })
    server.on('connection', (socket: Socket) => this.connections.add(socket))
    server.on('request', (request, response) => this.take(request, response))
    if (options.tls !== undefined) new CertificateWatch(options.tls, events).start(server as never)
  }

  /** Creates the server, which does not listen yet. */
  static async create(options: HttpPortOptions): Promise<HttpPort> {
    const { requestTimeout } = options.limits
    const timeouts = {
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(1_000, requestTimeout),
    }
    return new HttpPort(serverOf(options.tls, timeouts), options)
  }

  /** The port that the server listens on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /**
   * Listens without sharing the port through node:cluster: every request reaches this process.
   *
   * @throws the error of `listen`
   */
  async listen(port: number, host: string): Promise<void> {
    const { server } = this
    await listenOn(server, { port, host, exclusive: true }, (cause) => this.failed(cause))
    const { address } = server.address() as AddressInfo
    this.hosts = new AllowedHosts(host, address, this.options.allowedHosts)
  }

  /** Closes the port and its connections. A second call does nothing. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
      this.connections.destroy()
    })
  }

  private failed(cause: Error): void {
    const text = `a port of promhive's could not take a connection (${cause.message}); it stays open`
    this.options.events.onError?.(new MetricsError('SERVER_FAILED', text, { cause }))
  }

  private refused(reason: Parameters<NonNullable<PortEvents['refused']>>[0], count = 1): void {
    this.options.events.refused?.(reason, count)
  }

  /** Answers the requests of a connection in order: the second starts when the first is done. */
  private take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const waiting = this.pipelines.get(socket)
    if (waiting === undefined) {
      this.pipelines.set(socket, [])
      void this.serve(request, response)
    } else if (waiting.length < mostPipelined) waiting.push([request, response])
    else {
      this.refused('queue')
      const { status, headers, body } = busy(`${mostPipelined} requests are queued on this connection already`)
      response.writeHead(status, { ...headers, Connection: 'close' }).end(body[0])
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    const gone = new AbortController()
    this.connections.mark(socket, true)
    response.once('close', () => {
      gone.abort()
      this.connections.mark(socket, false)
      this.next(socket)
    })
    try {
      const answered = await this.answer(request, gone.signal)
      if (!gone.signal.aborted) this.write(request, response, answered)
    } catch (cause) {
      if (gone.signal.aborted) this.refused('gone')
      else this.fail(request, response, cause)
    }
  }

  /** Answers for a route that throws, which is a fault of promhive; the client gets no details. */
  private fail(request: IncomingMessage, response: ServerResponse, cause: unknown): void {
    const text = `${request.method} ${request.url} could not be answered: ${reasonOf(cause)}`
    this.options.events.onError?.(new MetricsError('SERVER_FAILED', text, { cause }))
    if (response.headersSent) response.destroy()
    else this.write(request, response, textResponse(500, 'the request could not be answered\n'))
  }

  private next(socket: Socket): void {
    const waiting = this.pipelines.get(socket)!
    if (socket.destroyed || !socket.writable) {
      if (waiting.length > 0) this.refused('gone', waiting.length)
      waiting.length = 0
    }
    const next = waiting.shift()
    if (next === undefined) this.pipelines.delete(socket)
    else void this.serve(...next)
  }

  private async answer(request: IncomingMessage, signal: AbortSignal): Promise<HttpResponse> {
    const { method = '', url = '/', headers } = request
    if (!this.hosts!.allows(headers.host) && !this.routes.allowsAnyHost(url)) {
      this.refused('host')
      return forbidden(headers.host!)
    }
    const answered = await this.routes.answer({ method, url, headers, signal, ready: () => this.sender.room() })
    // Other answers with this status are no refusals: nothing was readable, or the process is not ready.
    if (answered.status === 503 && 'Retry-After' in answered.headers) this.refused('queue')
    return answered
  }

  private write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpResponse): void {
    response.writeHead(status, headers)
    if (request.method === 'HEAD') response.end()
    else this.sender.send(response, body)
  }
}

function forbidden(host: string): HttpResponse {
  const name = JSON.stringify(host.slice(0, 100))
  return textResponse(
    403,
    `the Host header ${name} is not allowed: the port listens on a loopback address, or has a list of allowed hosts. ` +
      'Allow another name with allowedHosts, --allowed-hosts or PROMHIVE_METRICS_ALLOWED_HOSTS\n',
  )
}

/** The module is loaded with the first open port, because most processes of an application open none. */
function serverOf(tls: EncryptionOptions | undefined, timeouts: object): Server {
  if (tls === undefined) return process.getBuiltinModule('node:http').createServer(timeouts)
  const { createServer } = process.getBuiltinModule('node:https')
  return createServer({ ...timeouts, ...serverOptions(tls), handshakeTimeout: 10_000 })
}
