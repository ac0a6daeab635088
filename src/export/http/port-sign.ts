import { connect, createServer, type Server } from 'node:net'

/**
 * Shows the processes of an application that one of them, and not another program, has the metrics port: a socket in
 * the abstract namespace of Linux. It is visible where the port is visible, leaves no file, and ends with its process.
 */
export class PortSign {
  private readonly path: string
  private server: Server | undefined

  /** @param family a text that only the processes of the application have in common */
  constructor(family: string) {
    // Loaded only if needed, because loading it takes milliseconds.
    const { createHash } = process.getBuiltinModule('node:crypto')
    this.path = `\0promhive-port-${createHash('sha256').update(family).digest('hex').slice(0, 32)}`
  }

  /** Publishes the sign. On systems without such sockets there is none, and none is needed. */
  put(): void {
    this.server = createServer((socket) => socket.destroy())
      .on('error', () => {})
      // In a cluster worker, the socket must belong to the worker, not to the primary.
      .listen({ path: this.path, exclusive: true })
      .unref()
  }

  remove(): void {
    this.server?.close()
    this.server = undefined
  }

  /** Whether the sign is certainly missing. */
  isMissing(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.path)
      socket.once('connect', () => {
        socket.destroy()
        resolve(false)
      })
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
    })
  }
}
