import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import { codeOf, removeQuietly } from './files.js'
import { beginningName, isOurs, seatOf, valuesName } from './format.js'

/** Makes the directory if need be. Throws `DIRECTORY_UNUSABLE` with the way out. */
export function prepareDirectory(directory: string): void {
  refuseDangerous(directory)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const code = whyNotMade(directory, codeOf(cause))
    if (code !== 'EEXIST') {
      const fault = code === 'EROFS' ? 'is on a read-only file system' : `cannot be made (${code})`
      throw unusable(directory, fault, 'choose another with PROMHIVE_DIR, or create it for this user', cause)
    }
  }
  const facts = lstatSync(directory)
  if (facts.isSymbolicLink()) checkLink(directory)
  else if (!facts.isDirectory()) throw unusable(directory, 'is not a directory', 'choose another with PROMHIVE_DIR')
  const user = process.geteuid?.()
  const { uid, mode } = statSync(directory)
  // Somebody else's directory that everybody may write to: files in it could be swapped under us.
  if (user !== undefined && uid !== user && uid !== 0 && (mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
    throw unusable(directory, `belongs to user ${uid} and is writable for everybody`, 'make it yours, with mode 0700')
  }
}

/** Of a read-only file system Node's recursive mkdir says ENOENT: the first directory that is missing tells. */
function whyNotMade(directory: string, code: string): string {
  if (code !== 'ENOENT') return code
  let missing = resolve(directory)
  while (!existsSync(dirname(missing))) missing = dirname(missing)
  try {
    mkdirSync(missing, { mode: 0o700 })
    return code
  } catch (cause) {
    return codeOf(cause)
  }
}

/** Throws `DIRECTORY_UNUSABLE` for a path that holds more than one application's metrics: `/`, `/tmp`, a home. */
export function refuseDangerous(directory: string): void {
  const path = resolve(directory)
  // Besides, making a directory in there does not end in Node 20.
  if (/^\/(?:proc|sys)(?:\/|$)/.test(path)) {
    throw unusable(directory, "is in a file system of the kernel's", 'choose one in memory, such as below /dev/shm')
  }
  const shallow = dirname(path) === path || dirname(dirname(path)) === dirname(path)
  if (shallow || path === homedir() || path === '/dev/shm' || path === '/var/tmp') {
    throw unusable(
      directory,
      'is not only for metrics',
      `name a directory inside it, such as ${join(path, 'my-application')}`,
    )
  }
}

/** Makes a place that only this user can write to. Throws where somebody else has made it, or could change it. */
export function preparePrivate(place: string): void {
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(place)
  const private_ = lstatSync(place).isDirectory() && (mode & 0o022) === 0 && uid === (process.geteuid?.() ?? uid)
  if (!private_)
    throw unusable(place, 'is not private to this user', 'remove it, or name another directory with PROMHIVE_DIR')
}

/** A link is followed only where nobody else could have laid it. */
function checkLink(directory: string): void {
  const { mode } = statSync(dirname(resolve(directory)))
  if ((mode & 0o002) !== 0) {
    throw unusable(directory, 'is a link in a place where everybody can lay one', 'name the directory that it leads to')
  }
  const target = realpathSync(directory)
  if (!statSync(target).isDirectory()) {
    throw unusable(directory, 'is a link to something else than a directory', 'choose another with PROMHIVE_DIR')
  }
  refuseDangerous(target)
}

export function unusable(directory: string, fault: string, wayOut: string, cause?: unknown): MetricsError {
  return new MetricsError('DIRECTORY_UNUSABLE', `the metrics directory ${directory} ${fault}; ${wayOut}`, { cause })
}

/**
 * Whether a file in the directory may be one of the application's: its owner is this user, the directory's owner or root.
 * Root reads everybody's.
 */
export function trusted(file: Stats, directory: string): boolean {
  const user = process.geteuid?.()
  if (user === undefined || user === 0 || file.uid === user || file.uid === 0) return true
  return file.uid === statSync(directory).uid
}

/** What a path leads to that is no file of ours, and what is left of a seat that lost a file. */
const strange = ['ENOENT', 'ELOOP', 'ENXIO', 'EISDIR']

/** Whether what cannot be opened is none of the application's files, and may be left out. */
export function isStrange(code: string, path: string, directory: string): boolean {
  if (code !== 'EACCES' && code !== 'EPERM') return strange.includes(code)
  try {
    return !trusted(lstatSync(path), directory)
  } catch {
    return false
  }
}

/** The numbers of the seats in a directory, ascending. */
export function seatsIn(directory: string): number[] {
  return readdirSync(directory)
    .map(seatOf)
    .filter((seat) => seat !== undefined)
    .sort((a, b) => a - b)
}

/**
 * Removes what earlier runs left. Values go first: a seat without them is no seat. The claim of who does this stays: it
 * goes when all is done.
 */
export function wipeFiles(directory: string): void {
  for (const seat of seatsIn(directory)) removeQuietly(join(directory, valuesName(seat)))
  for (const name of readdirSync(directory))
    if (isOurs(name) && name !== beginningName) removeQuietly(join(directory, name))
}
