import { isTrustedOwner } from './ownership.js'

/** What the system knows of a file or a directory: the fields of `fs.Stats` that decide who may change it. */
export interface FileFacts {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

const groupMayWrite = 0o020
const othersMayWrite = 0o002
const sticky = 0o1000

/** Returns whether a file or directory belongs to root or this user, and no other user can write to it. */
export function isTrusted({ uid, gid, mode }: FileFacts, user: number): boolean {
  if (!isTrustedOwner(uid, user)) return false
  // A group that has the number of its user is that user's own, by the convention of Linux distributions.
  const groupIsOwners = gid === 0 || gid === uid
  return (mode & othersMayWrite) === 0 && ((mode & groupMayWrite) === 0 || groupIsOwners)
}

/**
 * Returns whether no other user can replace what root or this user owns in a directory. In a directory such as `/tmp` the
 * sticky bit forbids that.
 */
export function keepsEntries(facts: FileFacts, user: number): boolean {
  return isTrusted(facts, user) || (isTrustedOwner(facts.uid, user) && (facts.mode & sticky) !== 0)
}

/** Returns whether only this user and root can list, read or change what is in a directory. */
export function isPrivate({ uid, mode }: FileFacts, user: number): boolean {
  return uid === user && (mode & 0o077) === 0
}
