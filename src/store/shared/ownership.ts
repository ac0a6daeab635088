import { fchmodSync, fchownSync, fstatSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binding } from '#native'
import { isTrustedOwner, rootUser } from '../../model/ownership.js'
import { controlName } from './format.js'

/*
 * Which files and directories this process relies on. Every check looks at an open descriptor: a path may lead elsewhere
 * a moment later. `files.ts` applies the checks to every file that it opens, and no other file of this folder opens any.
 */

/** Permission for the group or for all others to write. */
const writableByOthers = 0o022

/** The user that a supervisor running as root runs its workers as (`--user`). */
export interface WorkersUser {
  readonly uid: number
  readonly gid: number
}

let workersUser: WorkersUser | undefined

/** Makes this process of root share its directory with workers of another user, and give them its new files. */
export function shareWith(user: WorkersUser | undefined): void {
  workersUser = user
}

/** Why a file is not relied on. Readers report the code, in lower case, as the reason. */
export class ForeignFile extends Error {
  constructor(
    readonly code: 'FOREIGN_OWNER' | 'NOT_A_FILE',
    message: string,
  ) {
    super(message)
  }
}

/** Whether this process can be denied its rights to a file of this owner by the file's mode alone. */
export function isOwn(owner: number): boolean {
  return owner === process.geteuid?.()
}

/** Whether a directory of this owner may be joined. */
export function isTrusted(owner: number): boolean {
  return isTrustedOwner(owner, process.geteuid?.(), workersUser?.uid)
}

/** Throws `ForeignFile` if numbers must not be read from an open file. */
export function checkReadable(fd: number, path: string): void {
  const file = fstatSync(fd)
  if (!file.isFile()) throw notAFile(path)
  if (!mayRead(file.uid, dirname(path))) throw foreignOwner(path, file.uid)
}

/**
 * Whether files of this owner are the application's: of this user, of root, of the directory's owner. Root beside an
 * application, in a directory of root's, reads the files of the owner of the control file.
 */
export function mayRead(owner: number, directory: string): boolean {
  if (isTrusted(owner) || owner === statSync(directory).uid) return true
  return process.geteuid?.() === rootUser && owner === ownerOf(join(directory, controlName))
}

/**
 * Throws `ForeignFile` if an open file must not be written to: it belongs to another user, has a second name outside of
 * its directory, or other users may write to it and that cannot be changed.
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
 * Root that shares a directory with its workers writes to nothing there but their files: a file of root's own may have
 * been moved there by them.
 */
function isWritten(owner: number): boolean {
  if (sharesWithWorkers()) return owner === workersUser!.uid
  return isTrusted(owner)
}

/** Whether a file has names that are not in the directory. A seat that is being made has two in it for a moment. */
function hasNameElsewhere(fd: number, path: string): boolean {
  const { ino, dev } = fstatSync(fd)
  const directory = dirname(path)
  const names = readdirSync(directory).filter((name) => {
    const found = lstatSync(join(directory, name), { throwIfNoEntry: false })
    return found?.ino === ino && found.dev === dev
  })
  return fstatSync(fd).nlink > names.length
}

/** Gives a file that root has just made to the workers that share its directory. */
export function giveToWorkers(fd: number): void {
  if (sharesWithWorkers()) fchownSync(fd, workersUser!.uid, workersUser!.gid)
}

/**
 * Whether this process maps the files of its directory. Root that shares it with other users does not: they could truncate
 * a file, and the next access would end the process.
 */
export function mayMap(): boolean {
  return !sharesWithWorkers()
}

/** Maps a range of an open file that no other user can truncate. */
export function mapOwn(binding: Binding, fd: number, offset: number, length: number): ArrayBuffer {
  const { uid, mode } = fstatSync(fd)
  const user = process.geteuid?.()
  const safe = user === undefined || ((mode & writableByOthers) === 0 && isTrustedOwner(uid, user))
  if (!safe) throw new ForeignFile('FOREIGN_OWNER', `a file of user ${uid} is not mapped: it could be truncated`)
  return binding.map(fd, offset, length)
}

/** The error of a path that could not be opened: where the file is another user's, that is the reason. */
export function whyNotOpened(path: string, error: unknown, allowed: (owner: number) => boolean): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EACCES' && code !== 'EPERM') return error
  const owner = ownerOf(path)
  return owner === undefined || allowed(owner) ? error : foreignOwner(path, owner)
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid
}

/** Whether a name is free for a file of this process, or has one already. */
export function isUsable(path: string): boolean {
  const facts: Stats | undefined = lstatSync(path, { throwIfNoEntry: false })
  return facts === undefined || (facts.isFile() && isWritten(facts.uid))
}

/**
 * Whether the entry of a name is not a file of the application: not a regular file, or a file of root among those of its
 * workers.
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
