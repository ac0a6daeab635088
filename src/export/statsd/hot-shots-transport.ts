import { getSystemErrorName } from 'node:util'
import { requireOptional } from '../../platform/optional-package.js'
import { DatagramRefused, type StatsdConnection, type StatsdTransport } from './connection.js'

/** What promhive uses of a client of hot-shots. */
export interface HotShots {
  /** Sends a text as it is: counting methods of a client that buffers do not say whether the server has received it. */
  sendMessage(text: string, callback: (error?: Error | null) => void): void
  close(callback: (error?: Error) => void): void
  readonly protocol?: string
  readonly host?: string
  readonly port?: number
  readonly path?: string
}

/** Sends through a client of hot-shots that belongs to the application, and that it closes. */
export class ClientTransport implements StatsdTransport {
  readonly place: string

  constructor(
    private readonly client: HotShots,
    readonly maxBytes: number,
  ) {
    const { protocol = 'udp', host = 'localhost', port, path } = client
    const address = protocol === 'uds' || path !== undefined ? path : [host, port].filter(Boolean).join(':')
    this.place = `the given client of ${protocol}://${address}`
  }

  async open(): Promise<StatsdConnection> {
    return new HotShotsConnection(this.client)
  }
}

/** Sends to a Unix datagram socket, which Node.js itself cannot open, with hot-shots. */
export class UnixTransport implements StatsdTransport {
  readonly place: string

  constructor(
    private readonly path: string,
    readonly maxBytes: number,
  ) {
    this.place = `unix://${path}`
  }

  /** Connects for each export: an open socket of hot-shots would keep the process running. */
  async open(): Promise<StatsdConnection> {
    const StatsD = loadHotShots()
    let fault: Error | undefined
    const client = new StatsD({
      protocol: 'uds',
      path: this.path,
      // Each message is a datagram that promhive has packed.
      maxBufferSize: 0,
      closingFlushInterval: 1,
      includeDataDogTags: false,
      includeDatadogTelemetry: false,
      datadog: false,
      errorHandler(error) {
        fault ??= error
      },
    })
    if (fault === undefined) return new HotShotsConnection(client as unknown as HotShots, client)
    if (/unix.dgram/.test(fault.message)) {
      throw new Error(
        'a unix: address needs the package unix-dgram, which npm builds with a C++ compiler (npm install unix-dgram), or use UDP',
        { cause: fault },
      )
    }
    throw new Error(`${reasonFor(fault)}: ${this.path}`, { cause: fault })
  }
}

function loadHotShots(): typeof import('hot-shots').StatsD {
  try {
    return requireOptional<typeof import('hot-shots')>('hot-shots').StatsD
  } catch (cause) {
    throw new Error('a unix: address needs the package hot-shots (npm install hot-shots), or use UDP', { cause })
  }
}

class HotShotsConnection implements StatsdConnection {
  /** @param owned is closed with the connection */
  constructor(
    private readonly client: HotShots,
    private readonly owned?: Pick<HotShots, 'close'>,
  ) {}

  async send(text: string): Promise<void> {
    const error = await new Promise<Error | null | undefined>((resolve) => this.client.sendMessage(text, resolve))
    if (error) throw new DatagramRefused(reasonFor(error), false, error)
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {
    await new Promise<void>((resolve) => (this.owned === undefined ? resolve() : this.owned.close(() => resolve())))
  }
}

/** unix-dgram writes the number of a fault of the system instead of its name. */
function reasonFor({ message }: Error): string {
  return message.replace(/ (-\d+)$/, (text, number: string) => {
    try {
      return ` ${getSystemErrorName(Number(number))}`
    } catch {
      return text
    }
  })
}
