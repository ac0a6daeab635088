import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Stage } from '../processes/stage.js'

/**
 * A proxy between a client and Redis, which loses on command: answers that the server has given, or everything.
 */
export class LossyProxy {
  port = 0
  /** What happens to the next answers: they pass, or they are lost with the connection. */
  private losing: 'nothing' | 'answers' | 'silently' = 'nothing'
  private refusing = false
  private rate = Infinity
  private hanging = false
  private readonly sockets = new Set<Socket>()
  private readonly clients = new Set<Socket>()
  private readonly server: Server
  /** How many answers were lost. */
  lost = 0

  private constructor(private target: number) {
    this.server = createServer((client) => this.serve(client))
  }

  static async start(stage: Stage, target: number): Promise<LossyProxy> {
    const proxy = new LossyProxy(target)
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve))
    proxy.port = (proxy.server.address() as { port: number }).port
    stage.after(() => proxy.close())
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** The server receives what is sent, and its answer is lost with the connection. */
  loseAnswers(): void {
    this.losing = 'answers'
  }

  /** The same, and the connection stays: neither side notices that nothing will come. */
  loseSilently(): void {
    this.losing = 'silently'
  }

  /** Nothing passes, and new connections are refused. */
  cut(): void {
    this.refusing = true
    for (const socket of this.sockets) socket.destroy()
  }

  /** Accepts every connection, and sends nothing on any. */
  hang(): void {
    this.hanging = true
    for (const client of this.clients) client.removeAllListeners('data').resume()
  }

  /** New connections pass; hanging ones stay silent permanently. */
  wake(): void {
    this.hanging = false
  }

  /** How many connections clients have open. */
  get connections(): number {
    return this.clients.size
  }

  /** To another server from now on. */
  forwardTo(target: number): void {
    this.target = target
    for (const socket of this.sockets) socket.destroy()
  }

  /** Limits the bytes per second on the way to the server. */
  slow(bytesPerSecond: number): void {
    this.rate = bytesPerSecond
  }

  heal(): void {
    this.losing = 'nothing'
    this.refusing = false
    for (const socket of this.sockets) socket.destroy()
  }

  private serve(client: Socket): void {
    if (this.refusing) {
      client.destroy()
      return
    }
    this.clients.add(client)
    client.on('error', () => {}).on('close', () => this.clients.delete(client))
    if (this.hanging) {
      this.sockets.add(client)
      client.resume()
      return
    }
    const server = connect(this.target, '127.0.0.1')
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (data) => {
      server.write(data)
      if (this.rate === Infinity) return
      client.pause()
      setTimeout(() => client.resume(), (data.length / this.rate) * 1000)
    })
    server.on('data', (data) => {
      if (client.listenerCount('data') === 0) return
      if (this.losing === 'nothing') client.write(data)
      else {
        this.lost++
        if (this.losing === 'answers') client.destroy()
      }
    })
  }

  private close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }
}
