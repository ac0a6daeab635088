import type { IncomingMessage, ServerResponse } from 'node:http'

const contentLength = 'content-length'
const transferEncoding = 'transfer-encoding'

/** The size of the body that a request declares; 0 without a body, -1 for a chunked body. */
export function requestSize({ rawHeaders }: IncomingMessage): number {
  // Not through `headers`: Node creates that object on first access, and the application may never need it.
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
 * The size of the body of a response as its head declares it, or as Node knows it for a body that was written in one
 * piece; -1 where neither does. `Sent` may change from one Node to the next: what is missing there is measured.
 */
export function declaredSize(response: ServerResponse, method: string): number {
  const { statusCode } = response
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304) return 0
  const { _contentLength: counted } = response as Sent
  if (typeof counted === 'number') return counted
  const header = response.getHeader(contentLength)
  return header === undefined ? -1 : sizeOf(header)
}

/** Bytes of the head of a response as it was sent; -1 where Node does not show it. */
export function headSize(response: ServerResponse): number {
  const { _header: head } = response as Sent
  return typeof head === 'string' ? head.length : -1
}

/** The status of a response as it was sent; undefined where Node does not show it. */
export function sentStatus(response: ServerResponse): number | undefined {
  const { _header: head } = response as Sent
  const found = typeof head === 'string' ? /^HTTP\/\d\.\d (\d{3})/.exec(head) : null
  return found === null ? undefined : Number(found[1])
}

export function sizeOf(header: unknown): number {
  const size = Number(header)
  return Number.isSafeInteger(size) && size >= 0 ? size : -1
}
