/** `_` before two digits that could be read as an escaped byte. */
const lookalike = /_[0-9A-F]{2}/

/**
 * Returns a function that replaces characters which a protocol reserves or a server changes. A character becomes `_` and
 * the two upper-case hexadecimal digits of each of its bytes. A `_` that could be read as such a replacement becomes `_5F`,
 * so different texts stay different.
 *
 * @param reserved matches one character that is replaced
 * @example escaperOf(/[^\w-]/)('/users/:id') // '_2Fusers_2F_3Aid'
 */
export function escaperOf(reserved: RegExp): (text: string) => string {
  const any = new RegExp(`${reserved.source}|${lookalike.source}`, 'u')
  const each = new RegExp(`${reserved.source}|_(?=[0-9A-F]{2})`, 'gu')
  const isReserved = (byte: number): boolean =>
    byte >= 0x80 || byte === underscore || reserved.test(String.fromCharCode(byte))
  return (text) => {
    if (!any.test(text)) return text
    return text.replace(each, (character, at: number) => {
      if (character !== '_') return bytesOf(character)
      return isReserved(Number.parseInt(text.slice(at + 1, at + 3), 16)) ? '_5F' : '_'
    })
  }
}

const underscore = 0x5f

function bytesOf(character: string): string {
  let text = ''
  for (const byte of Buffer.from(character)) text += `_${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text
}
