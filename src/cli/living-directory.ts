import { MetricsError } from '../model/errors.js'
import { inLine } from '../model/terminal-text.js'
import {
  type DirectorySearch,
  type LivingDirectory,
  searchDirectories,
} from '../runtime/directory/living-directories.js'
import { namedDirectory } from './directory-argument.js'
import { durationText } from './duration.js'
import { printError } from './output.js'

/** A command line that may lack a directory. */
export interface AskedCommand {
  readonly name: string
  readonly args: readonly string[]
  /** The option in front of the directory, if it is not an argument. */
  readonly option?: '--dir'
  /** Whether it can read a service in Redis instead. */
  readonly redis?: boolean
}

/** The number of directories that an error lists. */
const mostListed = 10
/** The number of characters of a command line that are shown. */
const longestCommand = 60

/**
 * Returns the directory of a command that reads it: the one that is named, or the only one in which an application of this
 * user counts at the moment.
 *
 * @throws MetricsError `OPTION_INVALID`, with the commands to choose from if there are several
 */
export function readDirectory(argument: string | undefined, asked: AskedCommand): string {
  const named = namedDirectory(argument)
  if (named !== undefined) return named
  const search = searchDirectories()
  const [only, ...others] = search.living
  if (only === undefined) throw new MetricsError('OPTION_INVALID', `which directory? ${noneText(search, asked)}`)
  if (others.length > 0) throw new MetricsError('OPTION_INVALID', `which directory? ${severalText(search, asked)}`)
  printError(`promhive ${asked.name}: ${only.directory} (${describeLiving(only)})`)
  return only.directory
}

/** Lists the directories to choose from, each with the command that names it. */
function severalText({ living }: DirectorySearch, asked: AskedCommand): string {
  const lines = living
    .slice(0, mostListed)
    .map((each) => `  ${commandFor(asked, each.directory)}\n      ${describeLiving(each)}`)
  const more = living.length > mostListed ? [`  … and ${living.length - mostListed} more`] : []
  return [`${living.length} applications of this user count at the moment:`, ...lines, ...more].join('\n')
}

/** Says that no application counts, where that was looked for, and what to do. */
export function noneText({ places, ended }: DirectorySearch, asked: AskedCommand): string {
  const left = ended.at(-1)
  return [
    `No application of this user counts in a directory below ${places.join(' or ')}.`,
    `  An application with a PROMHIVE_DIR elsewhere: ${commandFor(asked, 'DIR')}, or set PROMHIVE_DIR here as well.`,
    '  A process that runs alone counts in memory: open its metrics port, or set PROMHIVE_DIR for it.',
    '  An application of another user: run this as that user.',
    ...(asked.redis ? [`  One that counts in Redis: promhive ${asked.name} --redis URL`] : []),
    ...(left === undefined ? [] : [`  One that has ended: ${commandFor(asked, left)}`]),
  ].join('\n')
}

/** Describes an application: `node app.js: pid 4711, 4 processes, for 12 min`. */
export function describeLiving({ command, pid, processes, since }: LivingDirectory): string {
  // The end has the program and its arguments.
  const shown = command.length > longestCommand ? `…${command.slice(1 - longestCommand)}` : command
  const parts = [
    pid === undefined ? 'of another container' : `pid ${pid}`,
    processes === 1 ? '1 process' : `${processes} processes`,
    ...(since === undefined ? [] : [`for ${durationText(Date.now() / 1000 - since)}`]),
  ]
  return inLine(`${shown === '' ? '' : `${shown}: `}${parts.join(', ')}`)
}

/** Returns the command line with a directory, as a shell takes it. */
export function commandFor({ name, args, option }: AskedCommand, directory: string): string {
  const words = [...(option === undefined ? [] : [option]), directory, ...args]
  return ['promhive', name, ...words.map(quoted)].join(' ')
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
