/** The operating system's superuser. */
export const rootUser = 0

/**
 * Whether a process may rely on something that belongs to `owner`: a file, a directory, a link. The owner must be the
 * process's own user, root, or the user that a supervisor running as root runs its workers as (`--user`). Any other user could
 * change, remove or truncate it at any moment.
 *
 * Pass the owner from `fstat` of the open descriptor, not from a look at the path: between the two, the path may change.
 *
 * @param owner the user id of the thing
 * @param user the effective user id of this process; undefined where the system has none, and then every owner will do
 * @param workersUser the user of `--user`, where this process is such a supervisor
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
  // A group that has the number of its user is that user's own, by the convention of Linux distributions.
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
