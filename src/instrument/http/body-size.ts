import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Exchange } from './exchange.js'

const contentLength = 'content-length'
const transferEncoding = 'transfer-encoding'

/** The size that a request tells of its body; 0 without a body, -1 where it comes in chunks of an untold number. */
export function requestSize({ rawHeaders }: IncomingMessage): number {
  // Not through `headers`: Node makes that object when somebody asks for it, and perhaps nobody does.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length === contentLength.length && name.toLowerCase() === contentLength) return sizeOf(rawHeaders[i + 1])
    if (name.length === transferEncoding.length && name.toLowerCase() === transferEncoding) return -1
  }
  return 0
}

/** What Node keeps of a response beside what it documents: the length of a body that came in one piece; the head as sent. */
interface Sent {
  readonly _contentLength?: unknown
  readonly _header?: unknown
}

/**
 * The size of the body of a response: as the head tells it; else what the connection wrote for it, with the few bytes in
 * which HTTP wraps each chunk. Under `Sent`, what may change from one Node to the next: without it the size is a little large.
 */
export function responseSize(response: ServerResponse, { written, method }: Exchange, socket: Socket): number {
  if (method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304) return 0
  const told = response.getHeader(contentLength)
  if (told !== undefined) return sizeOf(told)
  const { _contentLength: counted, _header: head } = response as Sent
  if (typeof counted === 'number') return counted
  const wrote = socket.bytesWritten - written - (typeof head === 'string' ? head.length : 0)
  return wrote >= 0 ? wrote : -1
}

export function sizeOf(told: unknown): number {
  const size = Number(told)
  return Number.isSafeInteger(size) && size >= 0 ? size : -1
}
