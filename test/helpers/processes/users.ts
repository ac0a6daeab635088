import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './dist.js'
import type { Stage } from './stage.js'

/** Two users of the machine; neither needs a name. */
export const appUser = 65_534
export const stranger = 65_533

/** The command in front of a program that runs as another user. */
export function asUser(uid: number): readonly string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
}

/** Whether this process may become other users, and they can read this checkout: it is root's. */
export const canChangeUser =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  runAs(appUser, process.execPath, '--check', join(root, 'package.json')).error === undefined &&
  runAs(appUser, 'ls', join(root, 'test')).status === 0

/** Whether it may make a mount namespace as well. */
export const canUnshareMounts = canChangeUser && spawnSync('unshare', ['--mount', 'true']).status === 0

/** Runs a program as another user to its end. */
export function runAs(uid: number, ...command: readonly string[]): ReturnType<typeof spawnSync> {
  const [file, ...args] = [...asUser(uid), ...command]
  return spawnSync(file!, args, { encoding: 'utf8' })
}

/** A folder that all users can enter, with a directory in it that belongs to `uid`. */
export function directoryOf(stage: Stage, uid: number, mode: number, name = 'metrics'): string {
  const folder = stage.folder()
  chmodSync(folder, 0o755)
  const directory = join(folder, name)
  mkdirSync(directory)
  chownSync(directory, uid, uid)
  chmodSync(directory, mode)
  return directory
}
