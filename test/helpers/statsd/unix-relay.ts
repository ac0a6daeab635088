import { createSocket } from 'node:dgram'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'

interface UnixSocket {
  on(event: 'message', listener: (message: Buffer) => void): void
  bind(path: string): void
  close(): void
}

const unixDgram = ((): { createSocket(type: 'unix_dgram'): UnixSocket } | undefined => {
  try {
    return createRequire(import.meta.url)('unix-dgram')
  } catch {
    return undefined
  }
})()

/** Whether npm could build the package that opens Unix datagram sockets. */
export const hasUnixDatagrams = unixDgram !== undefined

interface Relay {
  /** The bytes of the longest datagram. */
  readonly longest: number
  close(): void
}

/** Receives on a Unix datagram socket, as agents do, and passes each datagram on to the server of statsd, which has none. */
export async function relay(path: string, port: number): Promise<Relay> {
  const udp = createSocket('udp4')
  const socket = unixDgram!.createSocket('unix_dgram')
  let longest = 0
  socket.on('message', (message) => {
    longest = Math.max(longest, message.length)
    udp.send(message, port, '127.0.0.1')
  })
  socket.bind(path)
  return {
    get longest() {
      return longest
    },
    close() {
      socket.close()
      udp.close()
      rmSync(path, { force: true })
    },
  }
}
