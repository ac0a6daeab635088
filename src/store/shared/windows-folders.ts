import { realpathSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isInside } from '../../platform/paths.js'
import { processEnvironment } from '../../platform/process-environment.js'

/** Whether a path is that of a folder in which many programs have files. Its subfolders are not. */
export function isSharedFolder(path: string): boolean {
  const { SystemRoot = 'C:\\Windows', APPDATA, LOCALAPPDATA, ProgramData, USERPROFILE } = processEnvironment()
  const folders = [tmpdir(), homedir(), USERPROFILE, APPDATA, LOCALAPPDATA, ProgramData, join(SystemRoot, 'Temp')]
  return folders.some((folder) => folder !== undefined && folder !== '' && same(folder, path))
}

/** Whether a path belongs to Windows itself. */
export function isOfWindows(path: string): boolean {
  const { SystemRoot = 'C:\\Windows' } = processEnvironment()
  return isInside(path, SystemRoot) && !isInside(path, join(SystemRoot, 'Temp'))
}

/** Whether a directory is in the profile of this user, which only this user and administrators can open. */
export function isInProfile(directory: string): boolean {
  return isInside(realPath(directory), realPath(homedir()))
}

/** Whether a directory is on another host: its real path begins with that host, also behind the letter of a drive. */
export function isOnOtherHost(directory: string): boolean {
  return /^\\\\[^?.]/.test(realPath(directory))
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return resolve(path)
  }
}

function same(a: string, b: string): boolean {
  return resolve(a).toLowerCase() === resolve(b).toLowerCase()
}
