import { readFileSync } from 'node:fs'

/**
 * Parses options that are given as JSON, or as the path of a JSON file.
 *
 * @throws an error without the text, unless it is a path, because it may contain a password
 */
export function jsonFrom(text: string): unknown {
  if (text.trimStart().startsWith('{')) return parsed(text, 'it')
  // Text with such characters is rather broken JSON, or an address.
  const path = /["{}]|:\/\//.test(text) ? undefined : text
  let json: string
  try {
    json = readFileSync(text, 'utf8')
  } catch (cause) {
    if (path === undefined) throw new Error('it is neither JSON nor the path of a file')
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${code})`)
  }
  return parsed(json, path ?? 'it')
}

function parsed(json: string, name: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new Error(`${name} is not well-formed JSON`)
  }
}
