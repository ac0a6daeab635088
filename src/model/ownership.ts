/** The operating system's superuser. */
export const rootUser = 0

/**
 * Whether a process may rely on something that belongs to `owner`: a file, a directory, a link. The owner must be the
 * process's own user, root, or the user that a supervisor of root's runs its workers as (`--user`). Any other user could
 * change the thing, take it away or cut it off at any moment.
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
