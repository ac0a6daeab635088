/** A way to a server of statsd. */
export interface StatsdTransport {
  /** The server in error texts. */
  readonly place: string
  /** The size of a datagram. */
  readonly maxBytes: number
  /** Connects for one export. */
  open(): Promise<StatsdConnection>
}

/** A connection for one export. */
export interface StatsdConnection {
  /**
   * @param signal ends the wait for a server that does not take the datagram
   * @throws DatagramRefused if the server has not received it, and will not; the reason of the signal if it still may
   */
  send(text: string, signal: AbortSignal): Promise<void>
  /**
   * Waits until it is known whether a server on this host has received the last datagram.
   *
   * @throws DatagramRefused
   */
  settled(): Promise<void>
  close(): Promise<void>
}

/** A datagram that has not arrived. */
export class DatagramRefused extends Error {
  override readonly name = 'DatagramRefused'

  /** @param previous whether the datagram before it has not arrived either */
  constructor(
    message: string,
    readonly previous: boolean,
    cause?: unknown,
  ) {
    super(message, { cause })
  }
}
