/** A complete response of one of promhive's own servers. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly Uint8Array[]
}

/** Returns a response with the length of its body. `headers` are added to `Content-Type` and `Content-Length`. */
export function response(
  status: number,
  type: string,
  body: readonly Uint8Array[],
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0)
  return { status, headers: { 'Content-Type': type, 'Content-Length': String(length), ...headers }, body }
}

/** Returns a response of plain text. */
export function textResponse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return response(status, 'text/plain; charset=utf-8', [Buffer.from(text)], headers)
}

/** Returns the response that asks the scraper to try again later. */
export function busy(reason: string): HttpResponse {
  return textResponse(503, `too many scrapes: ${reason}; try again later\n`, { 'Retry-After': '5' })
}
