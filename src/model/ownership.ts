/** What the system knows of a file or a directory: the fields of `fs.Stats` that decide who may change it. */
export interface FileOwnership {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

const othersMayWrite = 0o002
const groupMayWrite = 0o020
const sticky = 0o1000

/** Returns whether only root and this user can change a file, or the entries of a directory. */
export function isTrusted({ uid, gid, mode }: FileOwnership, user: number): boolean {
  if (uid !== 0 && uid !== user) return false
  return (mode & othersMayWrite) === 0 && ((mode & groupMayWrite) === 0 || gid === 0)
}

/** Returns whether only this user and root can list, read or change what is in a directory. */
export function isPrivate({ uid, mode }: FileOwnership, user: number): boolean {
  return uid === user && (mode & 0o077) === 0
}

/**
 * Returns whether only root and this user can replace an entry of a directory that one of them owns. In a directory such as
 * `/tmp` the sticky bit forbids that to other users.
 */
export function keepsEntries(facts: FileOwnership, user: number): boolean {
  return isTrusted(facts, user) || ((facts.uid === 0 || facts.uid === user) && (facts.mode & sticky) !== 0)
}
