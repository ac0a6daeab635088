import { readFileSync } from 'node:fs'

/**
 * Parses options that are given as JSON, or as the path of a JSON file.
 *
 * @throws an error without the text, which may contain a password
 */
export function jsonFrom(text: string): unknown {
  const isInline = text.trimStart().startsWith('{')
  const json = isInline ? text : readFileSync(text, 'utf8')
  try {
    return JSON.parse(json)
  } catch {
    throw new Error(isInline ? 'it is not well-formed JSON' : `${text} is not well-formed JSON`)
  }
}
