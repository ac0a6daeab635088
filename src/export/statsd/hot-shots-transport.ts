import { getSystemErrorName } from 'node:util'
import { requireOptional } from '../../platform/optional-package.js'
import { clearTimeout, monotonicNow, setTimeout } from '../../platform/timers.js'
import { DatagramRefused, type StatsdConnection, type StatsdTransport } from './connection.js'

/** What promhive uses of a client of hot-shots. */
export interface HotShots {
  /** Sends a text as it is: counting methods of a client that buffers do not say whether the server has received it. */
  sendMessage(text: string, callback: (error?: Error | null) => void): void
  readonly protocol?: string
  readonly host?: string
  readonly port?: number
  readonly path?: string
}

/** Milliseconds for which a client may still report a datagram of an export that was given up. */
const lateReport = 1_000

/** Milliseconds between two tries to send to a full socket: at first, and at most. */
const [firstPause, longestPause] = [1, 50]

/** Milliseconds after which a socket that stays full is reported; the next export tries again. */
const fullFor = 3_000

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
    return new ClientConnection(this.client)
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
      // A try that waits while the socket is closed would neither be sent nor reported.
      udsRetryOptions: { retries: 0 },
      includeDataDogTags: false,
      includeDatadogTelemetry: false,
      datadog: false,
      errorHandler(error) {
        fault ??= error
      },
    })
    if (fault === undefined) return new UnixConnection(client as unknown as HotShots & Closable)
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

interface Closable {
  close(callback: () => void): void
}

/** A connection to a Unix socket, which says at once whether the socket has taken a datagram. */
class UnixConnection implements StatsdConnection {
  constructor(private readonly client: HotShots & Closable) {}

  /** A socket is full until the server has read from it. */
  async send(text: string, signal: AbortSignal): Promise<void> {
    const since = monotonicNow()
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      const error = await new Promise<SendError>((resolve) => this.client.sendMessage(text, resolve))
      if (!error) return
      if (!isFull(error)) throw new DatagramRefused(reasonFor(error), false, error)
      await new Promise((resolve) => setTimeout(resolve, pause))
      if (!signal.aborted && monotonicNow() - since < fullFor) continue
      throw new DatagramRefused('the socket is full: the server does not read from it', false, error)
    }
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.client.close(resolve))
  }
}

/** A connection that belongs to the application, with retries of its own. */
class ClientConnection implements StatsdConnection {
  constructor(private readonly client: HotShots) {}

  async send(text: string, signal: AbortSignal): Promise<void> {
    const error = await new Promise<SendError>((resolve, reject) => {
      let late: NodeJS.Timeout | undefined
      const aborted = (): void => {
        late = setTimeout(() => reject(signal.reason), lateReport).unref()
      }
      signal.addEventListener('abort', aborted, { once: true })
      this.client.sendMessage(text, (error) => {
        signal.removeEventListener('abort', aborted)
        clearTimeout(late)
        resolve(error)
      })
    })
    if (error) throw new DatagramRefused(reasonFor(error), false, error)
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {}
}

type SendError = Error | null | undefined

/** Whether the buffer of the socket has no space. unix-dgram calls that congestion. */
function isFull({ message }: Error): boolean {
  return /congestion|EAGAIN|ENOBUFS/.test(message)
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
