import { spawnSync } from 'node:child_process'
import type { Stats } from 'node:fs'
import { chownSync, lstatSync, mkdtempSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { directoryInUse } from '../store/shared/control.js'

/** Who workers run as. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

const prefix = 'promhive-run-'
const name = /^promhive-run-[A-Za-z0-9]{6}$/

/** Milliseconds after which nobody is still about to sit down in a directory that nobody sits in. */
const settled = 60_000

/**
 * Makes a directory that is nobody's yet, for workers of another user: in a place of root's they could not come to theirs.
 * Removes what supervisors left that were killed.
 *
 * @param place where such directories are, with room for everybody's
 */
export function makeRunDirectory(place: string, owner: Owner): string {
  sweepRunDirectories(place, owner)
  const directory = mkdtempSync(join(place, prefix))
  chownSync(directory, owner.uid, owner.gid)
  return directory
}

/** Removes a directory of `makeRunDirectory`, where it still is one of this owner's. */
export function removeRunDirectory(directory: string, owner: Owner): void {
  if (factsOf(directory)?.uid === owner.uid) removeAs(owner, [directory])
}

/** Only those of this owner, that are old enough, and that no process counts in. */
function sweepRunDirectories(place: string, owner: Owner): void {
  const left = readdirSync(place)
    .filter((entry) => name.test(entry))
    .map((entry) => join(place, entry))
    .filter((directory) => {
      const facts = factsOf(directory)
      if (facts?.uid !== owner.uid || Date.now() - facts.mtimeMs < settled) return false
      return !directoryInUse(directory)
    })
  if (left.length > 0) removeAs(owner, left)
}

function factsOf(directory: string): Stats | undefined {
  const facts = lstatSync(directory, { throwIfNoEntry: false })
  return facts?.isDirectory() && name.test(directory.slice(dirname(directory).length + 1)) ? facts : undefined
}

const removal = `for (const directory of process.argv.slice(1)) require('node:fs').rmSync(directory, { recursive: true, force: true })`

/** With the rights of its owner: who owns a directory may put a link in the place of anything in it while root removes it. */
function removeAs({ uid, gid }: Owner, directories: readonly string[]): void {
  spawnSync(process.execPath, ['-e', removal, ...directories], { uid, gid, env: {}, cwd: '/', stdio: 'ignore' })
}
