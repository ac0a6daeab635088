import {
  accessSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import { isInProc, procPath } from '../../platform/proc.js'
import { onWindows } from '../../platform/windows.js'
import { isClaimAlive } from './claim.js'
import { closeQuietly, codeOf, freeName, removeQuietly } from './files.js'
import { controlName, isClaimName, isOurs, livenessIdOf, seatOf, valuesName } from './format.js'
import { isHeld } from './liveness-file.js'
import { isTrusted } from './ownership.js'
import { isOfWindows, isSharedFolder } from './windows-folders.js'

const onReadOnly = 'is on a read-only file system'
const chooseOrCreate = 'choose another with PROMHIVE_DIR, or create it for this user'

/**
 * Creates the directory if it does not exist, and checks that it belongs to this user, to root, or to the user of
 * `--user`. Throws `DIRECTORY_UNUSABLE` with what to do.
 */
export function prepareDirectory(directory: string): void {
  refuseDangerous(directory)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const code = whyNotMade(directory, codeOf(cause))
    if (code !== 'EEXIST') {
      throw unusable(directory, code === 'EROFS' ? onReadOnly : `cannot be made (${code})`, chooseOrCreate, cause)
    }
  }
  closeQuietly(openDirectory(directory))
}

/**
 * Opens a directory that may be joined. Operations on the descriptor apply to this directory, even if the path leads to
 * another one by then. Throws `DIRECTORY_UNUSABLE`.
 */
export function openDirectory(directory: string): number {
  const facts = lstatSync(directory)
  if (facts.isSymbolicLink()) checkLink(directory, facts.uid)
  else if (!facts.isDirectory()) throw unusable(directory, 'is not a directory', 'choose another with PROMHIVE_DIR')
  let fd: number
  try {
    const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants
    fd = openSync(facts.isSymbolicLink() ? realpathSync(directory) : directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  } catch (cause) {
    const { uid } = statSync(directory)
    if (!isTrusted(uid)) throw foreign(directory, uid)
    const user = process.geteuid?.() ?? uid
    throw unusable(directory, `cannot be opened (${codeOf(cause)})`, `give user ${user} the right to read it`, cause)
  }
  try {
    const { uid } = fstatSync(fd)
    if (!isTrusted(uid)) throw foreign(directory, uid)
    refuseDangerous(pathOf(fd) ?? directory)
    return fd
  } catch (error) {
    closeQuietly(fd)
    throw error
  }
}

/**
 * Returns a path to an open directory that stays valid if the original path leads elsewhere; the original path if the
 * system has no such path.
 */
export function pathThrough(fd: number, path: string): string {
  return isInProc(`self/fd/${fd}`) ? procPath(`self/fd/${fd}`) : path
}

/** Returns the kernel's path of an open directory; undefined if it is unknown. */
function pathOf(fd: number): string | undefined {
  try {
    return readlinkSync(procPath(`self/fd/${fd}`))
  } catch {
    return undefined
  }
}

function foreign(directory: string, owner: number): MetricsError {
  const user = process.geteuid?.()
  const named = user === 0 ? 'name that user (promhive run --user, promhive wipe --owner), or ' : ''
  const choice = isWritable(directory)
    ? `choose a directory of this user with PROMHIVE_DIR, such as ${join(directory, `metrics-${user}`)}`
    : ownerOrAnother(directory)
  const advice = `${named}${choice}`
  return unusable(directory, `belongs to user ${owner}, and this process runs as user ${user}`, advice)
}

function ownerOrAnother(directory: string): string {
  return `change its owner (chown ${process.geteuid?.()} ${directory}; fsGroup in Kubernetes), or choose a directory of this user with PROMHIVE_DIR`
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Whether a write failed because of permissions, or because the file system is read-only. */
export function isNotPermitted(code: string): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(code)
}

/** Creates the error for a directory in which this process may not create files. */
export function notWritable(directory: string, cause: unknown): MetricsError {
  const code = codeOf(cause)
  if (code === 'EROFS') return unusable(directory, onReadOnly, chooseOrCreate, cause)
  if (onWindows) {
    const advice = `give this user the right to change it (icacls "${directory}" /grant "%USERNAME%:(OI)(CI)F"), or choose a directory of this user with PROMHIVE_DIR`
    return unusable(directory, `cannot be written to by this user (${code})`, advice, cause)
  }
  const { uid } = statSync(directory)
  const fault = `belongs to user ${uid}, and this process, as user ${process.geteuid?.()}, cannot write to it (${code})`
  return unusable(directory, fault, ownerOrAnother(directory), cause)
}

/** On a read-only file system Node's recursive mkdir fails with ENOENT: creating the first missing directory gives the real error. */
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

/**
 * Throws `DIRECTORY_UNUSABLE` for a path that contains more than the metrics of one application: `/`, `/tmp`, a home
 * directory.
 */
export function refuseDangerous(directory: string): void {
  const path = resolve(directory)
  // Also, creating a directory there never returns in Node 20.
  if (/^\/(?:proc|sys)(?:\/|$)/.test(path)) {
    throw unusable(directory, "is in a file system of the kernel's", 'choose one in memory, such as below /dev/shm')
  }
  if (onWindows) refuseFoldersOfWindows(directory, path)
  const shallow = dirname(path) === path || dirname(dirname(path)) === dirname(path)
  if (shallow || path === homedir() || path === '/dev/shm' || path === '/var/tmp') {
    throw unusable(
      directory,
      'is not only for metrics',
      `name a directory inside it, such as ${join(path, 'my-application')}`,
    )
  }
}

function refuseFoldersOfWindows(directory: string, path: string): void {
  const elsewhere = `name a directory of this user, such as ${join(tmpdir(), 'my-application')}`
  if (isOfWindows(path)) throw unusable(directory, 'belongs to Windows', elsewhere)
  if (!isSharedFolder(path)) return
  const advice = `name a directory inside it, such as ${join(path, 'my-application')}`
  throw unusable(directory, 'is not only for metrics', advice)
}

/** A link is followed only if no other user could have made it. */
function checkLink(directory: string, owner: number): void {
  const { mode } = statSync(dirname(resolve(directory)))
  // Windows states no mode, and lets only administrators make links.
  if (!onWindows && (mode & 0o002) !== 0) {
    const fault = 'is a link in a folder that all users can write to'
    throw unusable(directory, fault, 'name the directory that it leads to')
  }
  if (!isTrusted(owner)) {
    throw unusable(directory, `is a link of user ${owner}`, 'name the directory that it leads to')
  }
  const target = realpathSync(directory)
  if (!statSync(target).isDirectory()) {
    throw unusable(directory, 'is a link to something else than a directory', 'choose another with PROMHIVE_DIR')
  }
  refuseDangerous(target)
}

export function unusable(directory: string, fault: string, advice: string, cause?: unknown): MetricsError {
  return new MetricsError('DIRECTORY_UNUSABLE', `the metrics directory ${directory} ${fault}; ${advice}`, { cause })
}

/**
 * Throws `DIRECTORY_UNUSABLE` for a directory that contains files but none of promhive's, so it keeps its owner and
 * mode. A typing error must not give /usr/lib to another user.
 */
export function refuseOtherFiles(directory: string, names: readonly string[], advice: string): void {
  if (names.length === 0 || names.some((name) => isOurs(name) || name === controlName)) return
  const some = names.slice(0, 3).join(', ')
  const text = `${directory} has files, and none of promhive's (${some}${names.length > 3 ? ', …' : ''}): it keeps its owner and mode; ${advice}`
  throw new MetricsError('DIRECTORY_UNUSABLE', text)
}

/** Returns the numbers of the seats in a directory, ascending. */
export function seatsIn(directory: string): number[] {
  return readdirSync(directory)
    .map(seatOf)
    .filter((seat) => seat !== undefined)
    .sort((a, b) => a - b)
}

/**
 * Removes the files of earlier runs. Values files go first, because a seat without values is not a seat. Claims and
 * liveness files of living processes stay. An entry that cannot be removed, such as a folder, is renamed.
 */
export function wipeFiles(directory: string): void {
  for (const seat of seatsIn(directory)) freeName(join(directory, valuesName(seat)))
  for (const name of readdirSync(directory)) {
    // Those of living processes, which wait for this one.
    if (!isOurs(name) || isInUse(directory, name)) continue
    if (name.startsWith('bad-')) removeQuietly(join(directory, name))
    else freeName(join(directory, name))
  }
}

function isInUse(directory: string, name: string): boolean {
  const id = livenessIdOf(name)
  return id === undefined ? isClaimName(name) && isClaimAlive(directory, name) : isHeld(directory, id) === true
}
