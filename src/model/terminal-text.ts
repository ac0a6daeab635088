/**
 * Characters that a terminal interprets instead of showing them: control characters, changes of the writing direction,
 * and similar ones.
 */
const acted = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** Returns a text of several lines with escapes such as `\u001b` for characters that a terminal would interpret. */
export function printable(text: string): string {
  return text.replace(acted, (character) => (character === '\n' ? '\n' : codes(character)))
}

/** Returns the same for a text inside a line, with escaped line breaks. */
export function inLine(text: string): string {
  return text.replace(acted, (character) => (character === '\n' ? '\\n' : codes(character)))
}

function codes(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }).join('')
}
