import type { PostAnswer } from '../send/http-poster.js'

/** What a receiver says about a request that it has accepted. */
export interface PartialSuccess {
  /** The number of points that it has rejected. */
  readonly rejected: number
  /** Why, or a warning. */
  readonly message: string
}

/** The numbers of the fields. */
const fields = { partialSuccess: 1, rejectedPoints: 1, errorMessage: 2, statusMessage: 2 } as const

/** Reads the answer to an accepted request; an unreadable one counts as complete success. */
export function partialSuccess({ headers, body }: PostAnswer): PartialSuccess {
  try {
    if (isJson(headers['content-type'])) {
      const { partialSuccess: part } = JSON.parse(body.toString() || '{}') ?? {}
      return { rejected: Number(part?.rejectedDataPoints ?? 0) || 0, message: String(part?.errorMessage ?? '') }
    }
    const part = new Map(fieldsOf(body)).get(fields.partialSuccess)
    if (!(part instanceof Uint8Array)) return { rejected: 0, message: '' }
    const values = new Map(fieldsOf(part))
    return {
      rejected: Number(values.get(fields.rejectedPoints) ?? 0),
      message: textOf(values.get(fields.errorMessage)),
    }
  } catch {
    return { rejected: 0, message: '' }
  }
}

/** Returns the message of an answer that refuses a request. */
export function refusalIn({ headers, body }: PostAnswer): string {
  const type = headers['content-type'] ?? ''
  try {
    if (isJson(type)) return String(JSON.parse(body.toString()).message ?? '')
    if (type.startsWith('application/x-protobuf')) return textOf(new Map(fieldsOf(body)).get(fields.statusMessage))
  } catch {
    // Proxies answer with texts of their own.
  }
  return type === '' || type.startsWith('text/plain') ? body.toString() : ''
}

function isJson(type = ''): boolean {
  return type.startsWith('application/json')
}

function textOf(value: bigint | Uint8Array | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : ''
}

/** Reads the fields of a message of Protocol Buffers. */
function* fieldsOf(bytes: Uint8Array): Iterable<readonly [field: number, value: bigint | Uint8Array]> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 63n) throw new RangeError('an incomplete message')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const type = tag % 8
    if (type === 0) {
      yield [tag >>> 3, varint()]
      continue
    }
    const length = type === 2 ? Number(varint()) : type === 1 ? 8 : type === 5 ? 4 : Number.NaN
    if (!(at + length <= bytes.length)) throw new RangeError('an incomplete message')
    yield [tag >>> 3, bytes.subarray(at, at + length)]
    at += length
  }
}
