import type { FileBuffer } from './file-buffer.js'

/*
 * The bytes of a file, in the byte order of the machine:
 *
 *   i32 used       the number of bytes in use, this head included
 *   4 bytes        not used
 *   then entries:  i32 length of the key, the key (JSON), 1 to 8 spaces up to a multiple of 8 bytes,
 *                  f64 value, and since version 0.18: f64 timestamp in unix seconds, 0 if it was not set
 *
 * Nothing states which of the two versions a file has: only one of them leads from entry to entry up to `used`.
 */

/** The size of the head of a file in bytes. */
export const headLength = 8

/** The bytes of a value: with the time at which it was set, or without. */
export type ValueLength = 8 | 16

/** More than any key of a metric; a file with a longer one is damaged. */
const longestKey = 1024 * 1024

const [openingBracket, closingBracket, space] = [0x5b, 0x5d, 0x20]

/**
 * Returns the position of the value of the entry at `at`.
 *
 * @param end the number of bytes in use
 * @returns 0 if there is no whole entry at this position
 */
export function valuePosition({ bytes, words }: FileBuffer, at: number, end: number, valueLength: ValueLength): number {
  if (at + headLength > end) return 0
  const length = words[at >> 2]!
  if (length < 2 || length > longestKey) return 0
  const keyEnd = at + 4 + length
  const position = keyEnd + 8 - ((length + 4) % 8)
  if (position + valueLength > end) return 0
  const isKey = bytes[at + 4] === openingBracket && bytes[keyEnd - 1] === closingBracket
  return isKey && bytes[keyEnd] === space && bytes[position - 1] === space ? position : 0
}

/** The layout of a file, and how many entries it has. */
export interface FileLayout {
  readonly valueLength: ValueLength
  readonly entries: number
}

/** Returns the layout of a file whose first bytes are in the buffer; undefined if it is damaged. */
export function layoutOfFile(buffer: FileBuffer, end: number): FileLayout | undefined {
  for (const valueLength of [16, 8] as const) {
    let entries = 0
    let at = headLength
    while (at < end) {
      const position = valuePosition(buffer, at, end, valueLength)
      if (position === 0) break
      at = position + valueLength
      entries++
    }
    if (at >= end) return { valueLength, entries }
  }
  return undefined
}

/** Returns the key of the entry at `at`. */
export function keyTextAt({ bytes, words }: FileBuffer, at: number): string {
  return bytes.toString('utf8', at + 4, at + 4 + words[at >> 2]!)
}

/** Why the head of a file is wrong, in one word; undefined if it is right. */
export function headFault(
  { bytes, words }: FileBuffer,
  size: number,
): 'foreign' | 'byte_order' | 'beyond_end' | undefined {
  const used = words[0]!
  if (used === 0 || (used >= headLength && used <= size && used % 8 === 0)) return undefined
  if (bytes.toString('latin1', 0, 6) === 'SQLite') return 'foreign'
  const swapped = Buffer.from(bytes.subarray(0, 4)).swap32().readInt32LE()
  const otherOrder = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? swapped : bytes.readInt32LE()
  return otherOrder >= headLength && otherOrder <= size && otherOrder % 8 === 0 ? 'byte_order' : 'beyond_end'
}
