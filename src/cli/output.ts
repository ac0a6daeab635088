import { maskCredentials } from '../model/mask-credentials.js'
import { printable } from '../model/terminal-text.js'

/**
 * Prints a text. All output of the command line is escaped here, because names, help texts and errors may come from
 * other programs.
 */
export function print(text: string): void {
  console.log(printable(text))
}

/** The same for standard error. */
export function printError(text: string): void {
  console.error(printable(maskCredentials(text)))
}

/** Prints a value as JSON for programs, which is safe in a terminal as well. */
export function printJson(value: unknown): void {
  // JSON.stringify has escaped control characters already.
  console.log(printable(JSON.stringify(value, undefined, 2)))
}
