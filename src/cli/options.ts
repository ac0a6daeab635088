import { parseArgs } from 'node:util'
import { MetricsError } from '../model/errors.js'
import { nearest } from '../model/nearest-name.js'

/** An option of a command, in the form of Node's `parseArgs`. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  readonly default?: string
}
export type OptionTable = Readonly<Record<string, Option>>

/** A parsed command line. */
export interface ParsedOptions<T extends OptionTable> {
  readonly values: {
    readonly [K in keyof T]?: T[K]['type'] extends 'boolean'
      ? boolean
      : T[K]['multiple'] extends true
        ? string[]
        : string
  }
  readonly positionals: readonly string[]
}

/**
 * Parses a command line.
 *
 * @param most the maximum number of arguments besides the options
 * @param hint what to do with an option or argument that the command does not have
 * @throws MetricsError `OPTION_INVALID`, with the option that is probably meant
 */
export function parseOptions<const T extends OptionTable>(
  args: readonly string[],
  options: T,
  most: number,
  hint?: (argument: string) => string,
): ParsedOptions<T> {
  const parsed = parse(args, options, hint)
  const extra = parsed.positionals[most]
  if (extra === undefined) return parsed
  const text = hint === undefined ? `unexpected argument "${extra}"` : `${extra}: ${hint(extra)}`
  throw new MetricsError('OPTION_INVALID', text)
}

function parse<const T extends OptionTable>(
  args: readonly string[],
  options: T,
  hint?: (argument: string) => string,
): ParsedOptions<T> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true }) as ParsedOptions<T>
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new MetricsError('OPTION_INVALID', explain(code ?? '', message, options, hint), { cause })
  }
}

function explain(code: string, message: string, options: OptionTable, hint?: (argument: string) => string): string {
  // Node's messages begin: Unknown option '--nope', Option '-p, --port <value>' argument missing, …
  const [, option = ''] = /'-*([^'=]*)/.exec(message) ?? []
  const dashed = `${option.length === 1 ? '-' : '--'}${option}`
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const meant = option.length === 1 ? undefined : nearest(option, [...Object.keys(options), 'help'])
    const parts = [
      ...(meant === undefined ? [] : [`did you mean --${meant}?`]),
      ...(hint === undefined ? [] : [hint(dashed)]),
    ]
    return parts.length === 0 ? `there is no option ${dashed}` : `there is no option ${dashed}; ${parts.join(' ')}`
  }
  const [, long] = /--([\w-]+)/.exec(message) ?? []
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && long !== undefined) {
    const text = options[long]?.type === 'boolean' ? 'takes no value' : `needs a value, as in --${long}=VALUE`
    return `--${long} ${text}`
  }
  return message
}
