import { connect, createServer, type Server } from 'node:net'

/**
 * By which the processes of an application know that one of them has the metrics port, and no stranger: a socket in Linux'
 * abstract namespace. It is seen where the port is seen, leaves no file, and is gone with its process.
 */
export class PortSign {
  private readonly path: string
  private server: Server | undefined

  /** @param family what the processes of the application have in common, and no others */
  constructor(family: string) {
    // Loaded only where it is needed: it takes milliseconds of an application's start.
    const { createHash } = process.getBuiltinModule('node:crypto')
    this.path = `\0promhive-port-${createHash('sha256').update(family).digest('hex').slice(0, 32)}`
  }

  /** Where that is not possible there is no sign, and none is needed. */
  put(): void {
    this.server = createServer((socket) => socket.destroy())
      .on('error', () => {})
      // In a cluster worker: its own, not the primary's.
      .listen({ path: this.path, exclusive: true })
      .unref()
  }

  remove(): void {
    this.server?.close()
    this.server = undefined
  }

  /** Whether it is missing for certain. */
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
