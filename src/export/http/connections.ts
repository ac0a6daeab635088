import type { Socket } from 'node:net'

interface OpenConnection {
  readonly key: unknown
  readonly socket: Socket
  readonly busy: boolean
}

/** The open connections of a server, limited in number. */
export class Connections {
  /** The connection that has been idle the longest comes first. */
  private readonly open = new Map<unknown, OpenConnection>()

  /** @param refused called for each connection that is closed because there are too many */
  constructor(
    private readonly most: number,
    private readonly refused: () => void,
  ) {}

  /** Adds a new connection. Returns false if it was closed instead. */
  add(socket: Socket): boolean {
    if (this.open.size >= this.most) {
      this.refused()
      const idlest = this.idlest()
      ;(idlest?.socket ?? socket).destroy()
      if (idlest === undefined) return false
      this.open.delete(idlest.key)
    }
    const key = keyOf(socket)
    this.open.set(key, { key, socket, busy: false })
    socket.once('close', () => {
      if (this.open.get(key)?.socket === socket) this.open.delete(key)
    })
    return true
  }

  /**
   * Marks a connection as being answered, or as idle from now on. Accepts the encrypted socket of a connection as well.
   */
  mark(socket: Socket, busy: boolean): void {
    const key = keyOf(socket)
    const connection = this.open.get(key)
    if (connection === undefined) return
    this.open.delete(key)
    this.open.set(key, { ...connection, busy })
  }

  private idlest(): OpenConnection | undefined {
    for (const connection of this.open.values()) if (!connection.busy) return connection
    return undefined
  }

  /** Closes all connections. */
  destroy(): void {
    for (const { socket } of this.open.values()) socket.destroy()
  }
}

/** Returns a key that is the same for a TCP socket and the TLS socket on it. A closed socket has no address any more. */
function keyOf(socket: Socket): unknown {
  const { remoteAddress, remotePort } = socket
  return remotePort === undefined ? socket : `${remotePort} ${remoteAddress}`
}
