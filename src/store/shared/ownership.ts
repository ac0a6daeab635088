import { fchmodSync, fchownSync, fstatSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isTrustedOwner, rootUser } from '../../model/ownership.js'
import type { Binding } from '../../platform/addon.js'
import { controlName } from './format.js'

/*
 * Which files and directories this process relies on. Every check uses an open descriptor, because a path may lead
 * elsewhere a moment later. `files.ts` applies the checks to every file that it opens, and no other file of this folder
 * opens any.
 */

/** Permission for the group or for all others to write. */
const writableByOthers = 0o022

/** The user that a supervisor running as root runs its workers as (`--user`). */
export interface WorkersUser {
  readonly uid: number
  readonly gid: number
}

let workersUser: WorkersUser | undefined

/**
 * Makes this process, which runs as root, share its directory with workers of another user: they become the owners of
 * its new files.
 */
export function shareWith(user: WorkersUser | undefined): void {
  workersUser = user
}

/** The reason why a file is not trusted. Readers report the code, in lower case, as the reason. */
export class ForeignFile extends Error {
  constructor(
    readonly code: 'FOREIGN_OWNER' | 'NOT_A_FILE',
    message: string,
  ) {
    super(message)
  }
}

/**
 * Whether an owner is the user of this process: only the mode of such a file can deny access. On a system without numbers
 * of users, every owner is.
 */
export function isOwn(owner: number): boolean {
  return owner === (process.geteuid?.() ?? owner)
}

/** Whether a directory of this owner may be joined. */
export function isTrusted(owner: number): boolean {
  return isTrustedOwner(owner, process.geteuid?.(), workersUser?.uid)
}

/** Returns the facts about an open file. Throws `ForeignFile` if numbers must not be read from it. */
export function checkReadable(fd: number, path: string): Stats {
  const file = fstatSync(fd)
  if (!file.isFile()) throw notAFile(path)
  if (!isTrusted(file.uid) && !mayRead(file.uid, dirname(path))) throw foreignOwner(path, file.uid)
  return file
}

/**
 * Whether files of this owner belong to the application: its own user, root, or the owner of the directory. In a
 * directory of root, a process of root outside of the application reads the files of the control file's owner.
 */
export function mayRead(owner: number, directory: string): boolean {
  if (isTrusted(owner) || owner === statSync(directory).uid) return true
  return process.geteuid?.() === rootUser && owner === ownerOf(join(directory, controlName))
}

/**
 * Throws `ForeignFile` if an open file must not be written to: it belongs to another user, it has a second name outside
 * of its directory, or other users may write to it and this process cannot change that.
 */
export function checkWritable(fd: number, path: string): void {
  const file = fstatSync(fd)
  if (!file.isFile()) throw notAFile(path)
  const user = process.geteuid?.()
  if (user === undefined) return
  if (!isWritten(file.uid)) throw foreignOwner(path, file.uid)
  if (file.nlink > 1 && hasNameElsewhere(fd, path)) {
    throw new ForeignFile('FOREIGN_OWNER', `${path} is a hard link to a file outside of the directory`)
  }
  if ((file.mode & writableByOthers) === 0) return
  if (user !== file.uid && user !== rootUser) {
    throw new ForeignFile('FOREIGN_OWNER', `${path} belongs to user ${file.uid}, and other users may write to it`)
  }
  fchmodSync(fd, file.mode & 0o777 & ~writableByOthers)
}

/**
 * If root shares a directory with its workers, it writes only to files of their user there: the workers may have moved
 * another file of root into the directory.
 */
function isWritten(owner: number): boolean {
  if (sharesWithWorkers()) return owner === workersUser!.uid
  return isTrusted(owner)
}

/**
 * Whether a file has names outside of the directory. A seat that is being created has two names inside it for a moment.
 */
function hasNameElsewhere(fd: number, path: string): boolean {
  const { ino, dev } = fstatSync(fd)
  const directory = dirname(path)
  const names = readdirSync(directory).filter((name) => {
    const stats = lstatSync(join(directory, name), { throwIfNoEntry: false })
    return stats?.ino === ino && stats.dev === dev
  })
  return fstatSync(fd).nlink > names.length
}

/** Makes the user of the workers the owner of a file that root has just created in their directory. */
export function giveToWorkers(fd: number): void {
  if (sharesWithWorkers()) fchownSync(fd, workersUser!.uid, workersUser!.gid)
}

/**
 * Whether this process maps the files of its directory. Root does not if it shares the directory with other users: they
 * could truncate a file, and the next access would kill the process.
 */
export function mayMap(): boolean {
  return !sharesWithWorkers()
}

/** Maps a range of an open file that no other user can truncate. */
export function mapOwn(binding: Binding, fd: number, offset: number, length: number): ArrayBuffer {
  const file = fstatSync(fd)
  if (isOnlyOurs(file)) return binding.map(fd, offset, length)
  throw new ForeignFile('FOREIGN_OWNER', `a file of user ${file.uid} is not mapped: it could be truncated`)
}

/** Whether only the user of this process and root can truncate a file. */
export function isOnlyOurs({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  const user = process.geteuid?.()
  return user === undefined || ((mode & writableByOthers) === 0 && isTrustedOwner(uid, user))
}

/** Returns the error of a path that could not be opened; the owner is the reason if it is another user. */
export function whyNotOpened(path: string, error: unknown, allowed: (owner: number) => boolean): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EACCES' && code !== 'EPERM') return error
  const owner = ownerOf(path)
  return owner === undefined || allowed(owner) ? error : foreignOwner(path, owner)
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid
}

/** Whether a name is free, or is that of a file which this process may use. */
export function isUsable(path: string): boolean {
  const facts: Stats | undefined = lstatSync(path, { throwIfNoEntry: false })
  return facts === undefined || (facts.isFile() && isWritten(facts.uid))
}

/**
 * Whether the entry of this name is not a file of the application: not a regular file, or a file of root among those of
 * its workers.
 */
export function isInTheWay(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return false
  return !facts.isFile() || (facts.uid === rootUser && sharesWithWorkers())
}

function sharesWithWorkers(): boolean {
  return workersUser !== undefined && process.geteuid?.() === rootUser
}

function notAFile(path: string): ForeignFile {
  return new ForeignFile('NOT_A_FILE', `${path} is not a regular file`)
}

function foreignOwner(path: string, owner: number): ForeignFile {
  return new ForeignFile(
    'FOREIGN_OWNER',
    `${path} belongs to user ${owner}, and this process runs as user ${process.geteuid?.()}`,
  )
}
