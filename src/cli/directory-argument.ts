import { MetricsError } from '../model/errors.js'
import { absolutePath } from '../platform/paths.js'
import { directoryFromEnvironment } from '../runtime/directory/application-directory.js'

/** Returns the directory of a command: its argument, or that of the environment. */
export function directoryArgument(argument: string | undefined): string {
  const directory = argument ?? directoryFromEnvironment()
  if (directory === undefined || directory === '') {
    throw new MetricsError(
      'OPTION_INVALID',
      'which directory? Name it, or set PROMHIVE_DIR to the one that the application uses',
    )
  }
  return absolutePath(directory)
}
