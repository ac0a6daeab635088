import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isPrivate, isTrusted } from '../../model/ownership.js'
import { onWindows } from '../../platform/windows.js'

/** The directory for private files, if the requested one is not private itself. */
const folderName = 'promhive-reports'

/**
 * Returns a directory for files that only this user may read: the requested one, or one below it. A missing directory
 * is created with mode 0700.
 *
 * @param directory the requested directory
 * @param named whether the user has named it: then it is used directly if only this user or root can write to it
 * @throws the system's error if no directory can be created
 */
export function privateDirectory(directory: string, named: boolean): string {
  if (named && makePrivate(resolve(directory), isTrusted)) return directory
  const folder = join(directory, folderName)
  if (makePrivate(folder, isPrivate)) return folder
  // Another user has created a directory or a link of that name first.
  return mkdtempSync(`${folder}-`)
}

/**
 * Writes a new file with mode 0600. Never writes to an existing file or through a link.
 *
 * @throws the system's error, `EEXIST` among them
 */
export function writePrivateFile(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600)
  try {
    // The umask may have taken even the owner's rights.
    fchmodSync(file, 0o600)
    writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
}

/** Creates a directory unless it exists. @returns whether it is a directory that passes the test */
function makePrivate(directory: string, passes: typeof isPrivate): boolean {
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 })
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  }
  const facts = lstatSync(directory)
  // Windows states neither owner nor mode; a new folder has the access list of the one above.
  if (onWindows) return facts.isDirectory()
  const user = process.geteuid?.() ?? facts.uid
  if (!facts.isDirectory() || !passes(facts, user)) return false
  // The umask may have removed even the owner's rights.
  if (facts.uid === user && (facts.mode & 0o700) !== 0o700) chmodSync(directory, 0o700)
  return true
}
