import { maskCredentials } from '../model/mask-credentials.js'

/** What a terminal acts on instead of showing it: control characters, those that turn the direction of writing, and the like. */
const acted = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/**
 * All that the command line writes goes through here: names, help texts and errors come from files, servers and environments
 * that other programs wrote.
 */
export function print(text: string): void {
  console.log(printable(text))
}

/** The same on the standard error. */
export function printError(text: string): void {
  console.error(printable(maskCredentials(text)))
}

/** A value as JSON for programs, which a terminal can show as well. */
export function printJson(value: unknown): void {
  // What JSON.stringify escapes already holds no such character any more.
  console.log(
    JSON.stringify(value, undefined, 2).replace(acted, (character) => (character === '\n' ? '\n' : codes(character))),
  )
}

/** A text of several lines with `\u001b` in place of what a terminal would act on. */
export function printable(text: string): string {
  return text.replace(acted, (character) => (character === '\n' ? '\n' : codes(character)))
}

/** The same for a text that stands within a line: it cannot begin another one. */
export function inLine(text: string): string {
  return text.replace(acted, codes)
}

function codes(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }).join('')
}
