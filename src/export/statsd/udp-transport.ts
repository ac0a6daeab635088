import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { setImmediate } from '../../platform/timers.js'
import { DatagramRefused, type StatsdConnection, type StatsdTransport } from './connection.js'
import { addressText, type StatsdAddress } from './statsd-address.js'

type UdpAddress = Extract<StatsdAddress, { kind: 'udp' }>

/** Sends over UDP. The name of the host is looked up at each export, because its address may change. */
export class UdpTransport implements StatsdTransport {
  readonly place: string

  constructor(
    private readonly address: UdpAddress,
    readonly maxBytes: number,
  ) {
    this.place = addressText(address)
  }

  async open(): Promise<StatsdConnection> {
    const { host, port } = this.address
    const { address, family } = await lookup(host)
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    const connection = new UdpConnection(socket)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.connect(port, address, () => {
          socket.off('error', reject)
          resolve()
        })
      })
      return connection
    } catch (cause) {
      await connection.close()
      throw cause
    }
  }
}

/**
 * A connected socket: only such a socket hears that no server listens on the port. It hears it after the datagram, at
 * the next call of the system.
 */
class UdpConnection implements StatsdConnection {
  private fault: NodeJS.ErrnoException | undefined

  constructor(private readonly socket: Socket) {
    socket.on('error', (error) => {
      this.fault ??= error
    })
  }

  async send(text: string): Promise<void> {
    const error = await new Promise<Error | null>((resolve) => this.socket.send(text, resolve))
    if (error !== null) throw new DatagramRefused(reasonFor(error), isRefusal(error), error)
    this.check()
  }

  async settled(): Promise<void> {
    // One turn of the loop reads the sockets; the first may have begun after that.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
    this.check()
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()))
  }

  private check(): void {
    if (this.fault !== undefined) throw new DatagramRefused(reasonFor(this.fault), false, this.fault)
  }
}

function isRefusal(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNREFUSED'
}

function reasonFor(error: NodeJS.ErrnoException): string {
  if (isRefusal(error)) return 'no server listens there'
  if (error.code === 'EMSGSIZE') return `${error.message}: set maxDatagramBytes to a smaller size`
  return error.message
}
