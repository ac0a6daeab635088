import { MetricsError } from '../model/errors.js'
import { absolutePath } from '../platform/paths.js'
import { directoryFromEnvironment } from '../runtime/directory/application-directory.js'

/**
 * Returns the directory that a command line or the environment names; undefined if neither does.
 *
 * @throws MetricsError `OPTION_INVALID` for an empty argument, such as a variable of a script that is not set
 */
export function namedDirectory(argument: string | undefined): string | undefined {
  if (argument === '')
    throw new MetricsError('OPTION_INVALID', 'which directory? Its name is empty; name it, or omit it')
  const directory = argument ?? directoryFromEnvironment()
  return directory === undefined ? undefined : absolutePath(directory)
}

/**
 * Returns the same for a command that changes the directory, which must be named.
 *
 * @throws MetricsError `OPTION_INVALID` if it is not
 */
export function directoryArgument(argument: string | undefined): string {
  const directory = namedDirectory(argument)
  if (directory !== undefined) return directory
  throw new MetricsError(
    'OPTION_INVALID',
    'which directory? Name it, or set PROMHIVE_DIR to the one that the application uses',
  )
}
