import { statSync } from 'node:fs'
import { MetricsError } from '../model/errors.js'

/**
 * Returns the directory of a command that reads it once.
 *
 * @throws MetricsError `DIRECTORY_UNUSABLE` if there is no such directory
 */
export function existingDirectory(directory: string): string {
  const facts = statSync(directory, { throwIfNoEntry: false })
  if (facts?.isDirectory()) return directory
  const fault = facts === undefined ? 'does not exist; it is created when the application counts' : 'is not a directory'
  throw new MetricsError('DIRECTORY_UNUSABLE', `${directory} ${fault}`)
}
