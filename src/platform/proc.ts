import { existsSync } from 'node:fs'
import { isOff, variables } from './environment.js'
import { onWindows } from './windows.js'

/**
 * Returns the path of an entry of Linux's /proc. Throws as a system without it does, if `PROMHIVE_PROC=off` switches it
 * off.
 */
export function procPath(entry: string): string {
  // On Windows, the path would be that of a folder on the current drive.
  if (onWindows || isOff(variables.proc)) {
    throw Object.assign(new Error(`ENOENT: there is no /proc/${entry} here`), { code: 'ENOENT' })
  }
  return `/proc/${entry}`
}

/** Whether /proc has an entry. */
export function isInProc(entry: string): boolean {
  return !onWindows && !isOff(variables.proc) && existsSync(`/proc/${entry}`)
}

/** Whether this is Linux, whose /proc shows processes and locks unless it is hidden. */
export function hasProc(): boolean {
  return process.platform === 'linux' && !isOff(variables.proc)
}
