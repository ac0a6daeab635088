import type { StatsdLine } from './changes.js'
import { decimal } from './decimal.js'

/** Lines that are sent together. */
export interface Datagram {
  readonly text: string
  readonly lines: readonly StatsdLine[]
}

/** Agents read datagrams into a buffer of this size, and cut off the rest. */
const agentBuffer = 8192

/**
 * Packs lines into datagrams of at most `maxBytes`. A longer line is a datagram of its own, unless it is longer than the
 * buffers of servers, which would cut it off: then it is omitted.
 *
 * @param tooLong receives each line that is omitted
 */
export function* datagramsOf(
  lines: readonly StatsdLine[],
  maxBytes: number,
  tooLong: (line: StatsdLine) => void,
): Generator<Datagram> {
  const most = Math.max(maxBytes, agentBuffer)
  let text = ''
  let bytes = 0
  let packed: StatsdLine[] = []
  for (const line of lines) {
    const written = textOf(line)
    const length = Buffer.byteLength(written)
    if (length > most) {
      tooLong(line)
      continue
    }
    if (bytes > 0 && bytes + 1 + length > maxBytes) {
      yield { text, lines: packed }
      text = ''
      bytes = 0
      packed = []
    }
    text += bytes === 0 ? written : `\n${written}`
    bytes += bytes === 0 ? length : length + 1
    packed.push(line)
  }
  if (bytes > 0) yield { text, lines: packed }
}

/**
 * Servers take a gauge with a sign for a change of the gauge. So a negative value follows a 0, in the same datagram.
 */
function textOf({ head, tail, type, value }: StatsdLine): string {
  const line = `${head}:${decimal(value)}|${type}${tail}`
  return type === 'g' && value < 0 ? `${head}:0|g${tail}\n${line}` : line
}
