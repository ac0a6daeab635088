/** What a terminal acts on instead of showing it: control characters, those that turn the direction of writing, and the like. */
const acted = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** Returns a text of several lines with `\u001b` in place of what a terminal would act on. */
export function printable(text: string): string {
  return text.replace(acted, (character) => (character === '\n' ? '\n' : codes(character)))
}

/** Returns the same for a text that stands within a line: it cannot begin another one. */
export function inLine(text: string): string {
  return text.replace(acted, (character) => (character === '\n' ? '\\n' : codes(character)))
}

function codes(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }).join('')
}
