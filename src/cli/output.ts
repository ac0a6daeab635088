import { maskCredentials } from '../model/mask-credentials.js'
import { printable } from '../model/terminal-text.js'

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
  console.log(printable(JSON.stringify(value, undefined, 2)))
}
