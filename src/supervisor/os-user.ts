import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { MetricsError } from '../model/errors.js'
import { onWindows } from '../platform/windows.js'

/** The user and group that a process runs as. */
export interface OsUser {
  readonly uid: number
  readonly gid: number
  /** As in the system's list of users; undefined for a number that is not in the list. */
  readonly name: string | undefined
  readonly context: string | undefined
}

/**
 * Finds a user and a group by name or number; the default group is that of the user.
 *
 * @param what the option that names them, for the error
 * @throws MetricsError `OPTION_INVALID`
 */
export function osUserOf(what: string, user: string | undefined, group?: string): OsUser {
  if (onWindows) {
    const text = `${what}: Windows has no users with numbers; run this as a service of that user, or with runas`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const entry = user === undefined ? undefined : userEntry(user)
  const uid = entry?.[2] ?? user ?? String(process.getuid?.() ?? 0)
  const gid = group === undefined ? (entry?.[3] ?? uid) : (groupEntry(group)?.[2] ?? group)
  for (const [kind, name, id] of [
    ['user', user, uid],
    ['group', group, gid],
  ]) {
    if (!/^\d+$/.test(id!))
      throw new MetricsError('OPTION_INVALID', `${what}: there is no ${kind} ${name} on this machine`)
  }
  return { uid: Number(uid), gid: Number(gid), name: entry?.[0], context: entry?.[5] }
}

function userEntry(name: string): string[] | undefined {
  return entryOf('passwd', name)
}

function groupEntry(name: string): string[] | undefined {
  return entryOf('group', name)
}

/** Finds an entry in the file; if it is not there, in the other user databases of the system. */
function entryOf(list: 'passwd' | 'group', name: string): string[] | undefined {
  const entries = linesOf(list).map((line) => line.split(':'))
  const localEntry = entries.find(([entry, , id]) => entry === name || id === name)
  if (localEntry !== undefined || !/^[\w.][\w.@-]*\$?$/.test(name)) return localEntry
  const { status, stdout } = spawnSync('getent', [list, name], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split(':') : undefined
}

function linesOf(list: string): string[] {
  try {
    return readFileSync(`/etc/${list}`, 'utf8').split('\n')
  } catch {
    return []
  }
}
