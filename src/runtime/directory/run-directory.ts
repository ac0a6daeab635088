import { spawnSync } from 'node:child_process'
import type { Stats } from 'node:fs'
import { closeSync, fchownSync, fstatSync, lstatSync, mkdtempSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { directoryInUse } from '../../store/shared/control.js'
import {
  openDirectory,
  pathThrough,
  prepareDirectory,
  refuseOtherFiles,
  unusable,
  wipeFiles,
} from '../../store/shared/directory.js'
import { freeName } from '../../store/shared/files.js'
import { controlName } from '../../store/shared/format.js'
import { shareWith, type WorkersUser } from '../../store/shared/ownership.js'

const prefix = 'promhive-run-'
const name = /^promhive-run-[A-Za-z0-9]{6}$/

/** Milliseconds after which no process is still about to join a directory without members. */
const settled = 60_000

/**
 * Makes a directory without an owner yet, for workers of another user: inside a folder of root's they could not reach theirs.
 * Removes what supervisors left that were killed.
 *
 * @param place the folder of such directories, of all users
 */
export function makeRunDirectory(place: string, owner: WorkersUser): string {
  sweepRunDirectories(place, owner)
  return mkdtempSync(join(place, prefix))
}

/**
 * Gives a directory to the workers' user. A directory of root is given away after the files of an earlier run of root
 * were removed; it must have no other files.
 *
 * @throws MetricsError `DIRECTORY_UNUSABLE` where the directory belongs to a third user, or is in use by processes of root
 */
export function giveRunDirectory(directory: string, owner: WorkersUser): void {
  shareWith(owner)
  prepareDirectory(directory)
  const fd = openDirectory(directory)
  try {
    if (fstatSync(fd).uid === owner.uid) return
    const place = pathThrough(fd, directory)
    refuseOtherFiles(directory, readdirSync(place), 'name a directory of its own with --dir')
    if (directoryInUse(place)) {
      throw unusable(directory, 'is in use by processes of root', 'stop them, or name another with --dir')
    }
    freeName(join(place, controlName))
    wipeFiles(place)
    fchownSync(fd, owner.uid, owner.gid)
  } finally {
    closeSync(fd)
  }
}

/** Removes a directory of `makeRunDirectory`, where it still is one of this owner's. */
export function removeRunDirectory(directory: string, owner: WorkersUser): void {
  if (factsOf(directory)?.uid === owner.uid) removeAs(owner, [directory])
}

/** Only those of this owner, that are old enough, and that no process counts in. */
function sweepRunDirectories(place: string, owner: WorkersUser): void {
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

/** With the rights of its owner: the owner of a directory may replace any file in it by a link while root removes it. */
function removeAs({ uid, gid }: WorkersUser, directories: readonly string[]): void {
  spawnSync(process.execPath, ['-e', removal, ...directories], { uid, gid, env: {}, cwd: '/', stdio: 'ignore' })
}
