import { sep } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import { directoryArgument } from '../directory-argument.js'
import { type AskedCommand, readDirectory } from '../living-directory.js'

/** A directory with the name of its application. */
export interface NamedDirectory {
  readonly name: string
  readonly directory: string
}

/**
 * Reads the directories of a command line: `DIR`, or `NAME=DIR` for each of several applications. Without a directory, it
 * is that of the environment, otherwise that of the only application of this user that runs.
 *
 * @returns the path of a directory without a name, or the named ones
 * @throws MetricsError `OPTION_INVALID`
 */
export function directoryArguments(
  values: readonly string[] | undefined,
  asked: AskedCommand,
): string | readonly NamedDirectory[] {
  const all = (values ?? []).map((value) => ({ value, ...split(value) }))
  const unnamed = all.find(({ name }) => name === undefined)
  if (unnamed !== undefined && all.length > 1) {
    const text = `${all.length} directories need names: --dir NAME=DIR for each, but one is ${JSON.stringify(unnamed.value)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  if (all.length === 0 || unnamed !== undefined) return readDirectory(unnamed?.value, asked)
  const named = all.map(({ value, name = '', path }) => {
    if (path === '')
      throw new MetricsError('OPTION_INVALID', `--dir ${value} names no directory; as in --dir ${value}/run/${name}`)
    return { name, directory: directoryArgument(path) }
  })
  checkDistinct(named)
  return named
}

/** A text before the first `=` is a name unless it contains a slash, on Windows also a backslash. Write `./a=b` for a directory with such a name. */
function split(value: string): { readonly name: string | undefined; readonly path: string } {
  const at = value.indexOf('=')
  const name = value.slice(0, Math.max(at, 0))
  if (name === '' || name.includes('/') || name.includes(sep)) return { name: undefined, path: value }
  if (/^[\w.-]+$/.test(name)) return { name, path: value.slice(at + 1) }
  const text = `the name of an application consists of letters, digits, ".", "_" and "-", got ${JSON.stringify(name)}`
  throw new MetricsError('OPTION_INVALID', `--dir: ${text}`)
}

function checkDistinct(named: readonly NamedDirectory[]): void {
  for (const [i, { name, directory }] of named.entries()) {
    const other = named.slice(0, i).find((earlier) => earlier.name === name || earlier.directory === directory)
    if (other === undefined) continue
    const what =
      other.name === name ? `two directories have the name ${name}` : `${other.name} and ${name} are the same directory`
    throw new MetricsError('OPTION_INVALID', `--dir: ${what}; name each application and its directory once`)
  }
}
