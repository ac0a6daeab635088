import type { IncomingMessage, ServerResponse } from 'node:http'

const contentLength = 'content-length'
const transferEncoding = 'transfer-encoding'

/** Returns the size of the body that a request declares; 0 without a body, -1 for a chunked body. */
export function requestSize({ rawHeaders }: IncomingMessage): number {
  // Not through `headers`: Node creates that object on first access, and the application may never need it.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length === contentLength.length && name.toLowerCase() === contentLength) return sizeOf(rawHeaders[i + 1])
    if (name.length === transferEncoding.length && name.toLowerCase() === transferEncoding) return -1
  }
  return 0
}

/**
 * Undocumented properties of a response: the length of a body that was written in one piece, and the head that was
 * sent.
 */
interface Sent {
  readonly _contentLength?: unknown
  readonly _header?: unknown
}

/**
 * Returns the size of a response's body, from its head, or from Node for a body that was written in one piece;
 * otherwise -1. `Sent` may change with the version of Node; if a property is missing, the size is measured.
 */
export function declaredSize(response: ServerResponse, method: string): number {
  const { statusCode } = response
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304) return 0
  const { _contentLength: counted } = response as Sent
  if (typeof counted === 'number') return counted
  const header = response.getHeader(contentLength)
  return header === undefined ? -1 : sizeOf(header)
}

/** Returns the bytes of the head of a response that was sent; -1 if Node does not provide it. */
export function headSize(response: ServerResponse): number {
  const { _header: head } = response as Sent
  return typeof head === 'string' ? head.length : -1
}

/** Returns the status of a response that was sent; undefined if Node does not provide it. */
export function sentStatus(response: ServerResponse): number | undefined {
  const { _header: head } = response as Sent
  const found = typeof head === 'string' ? /^HTTP\/\d\.\d (\d{3})/.exec(head) : null
  return found === null ? undefined : Number(found[1])
}

export function sizeOf(header: unknown): number {
  const size = Number(header)
  return Number.isSafeInteger(size) && size >= 0 ? size : -1
}
