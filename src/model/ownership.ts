/** The operating system's superuser. */
export const rootUser = 0

/**
 * Whether a process may trust a file, a directory or a link that belongs to `owner`. The owner must be the process's
 * own user, root, or the user of `--user` for a supervisor that runs as root. Any other user could change, remove or
 * truncate it at any moment.
 *
 * Pass the owner from `fstat` of the open descriptor, not from `stat` of the path, which may change in between.
 *
 * @param owner its user id
 * @param user the effective user id of this process; undefined if the system has none, and then every owner is trusted
 * @param workersUser the user of `--user`, if this process is such a supervisor
 * @example
 * if (!isTrustedOwner(fstatSync(fd).uid, process.geteuid?.())) throw new MetricsError('OPTION_INVALID', '…')
 */
export function isTrustedOwner(owner: number, user: number | undefined, workersUser?: number): boolean {
  return user === undefined || owner === user || owner === rootUser || owner === workersUser
}

/** The fields of `fs.Stats` that decide which users may change a file or a directory. */
export interface FileOwnership {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

const groupMayWrite = 0o020
const othersMayWrite = 0o002
const sticky = 0o1000

/** Returns whether a file or directory belongs to root or this user, and no other user can write to it. */
export function isTrusted({ uid, gid, mode }: FileOwnership, user: number): boolean {
  if (!isTrustedOwner(uid, user)) return false
  // By the convention of Linux distributions, a group with the number of a user contains only that user.
  const groupIsOwners = gid === 0 || gid === uid
  return (mode & othersMayWrite) === 0 && ((mode & groupMayWrite) === 0 || groupIsOwners)
}

/**
 * Returns whether no other user can replace what root or this user owns in a directory. In a directory such as `/tmp` the
 * sticky bit forbids that.
 */
export function keepsEntries(facts: FileOwnership, user: number): boolean {
  return isTrusted(facts, user) || (isTrustedOwner(facts.uid, user) && (facts.mode & sticky) !== 0)
}

/** Returns whether only this user and root can list, read or change what is in a directory. */
export function isPrivate({ uid, mode }: FileOwnership, user: number): boolean {
  return uid === user && (mode & 0o077) === 0
}
