import type { Stats } from 'node:fs'
import { closeSync, fchownSync, fstatSync, lstatSync, mkdtempSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemNow } from '../../platform/system-time.js'
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
import { directoryInUse } from '../../store/shared/run-members.js'

const prefix = 'promhive-run-'
const name = /^promhive-run-[A-Za-z0-9]{6}$/

/** Milliseconds after which no process will join a directory without members any more. */
const settled = 60_000

/**
 * Creates a directory for workers of another user, which gets its owner later. It is not inside a folder of root, where
 * the workers could not access it. Removes the directories of killed supervisors.
 *
 * @param place the folder of such directories, of all users
 */
export function makeRunDirectory(place: string, owner: WorkersUser): string {
  sweepRunDirectories(place, owner)
  return mkdtempSync(join(place, prefix))
}

/**
 * Makes the workers' user the owner of a directory. In a directory of root, the files of an earlier run of root are
 * removed first; it must have no other files.
 *
 * @throws MetricsError `DIRECTORY_UNUSABLE` if the directory belongs to a third user, or is in use by processes of root
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

/** Removes a directory of `makeRunDirectory`, if it still belongs to this owner. */
export function removeRunDirectory(directory: string, owner: WorkersUser): void {
  if (factsOf(directory)?.uid === owner.uid) removeAs(owner, [directory])
}

/** Removes only directories of this owner that are old enough, and in which no process counts. */
function sweepRunDirectories(place: string, owner: WorkersUser): void {
  const left = readdirSync(place)
    .filter((entry) => name.test(entry))
    .map((entry) => join(place, entry))
    .filter((directory) => {
      const facts = factsOf(directory)
      if (facts?.uid !== owner.uid || systemNow() - facts.mtimeMs < settled) return false
      return !directoryInUse(directory)
    })
  if (left.length > 0) removeAs(owner, left)
}

function factsOf(directory: string): Stats | undefined {
  const facts = lstatSync(directory, { throwIfNoEntry: false })
  return facts?.isDirectory() && name.test(directory.slice(dirname(directory).length + 1)) ? facts : undefined
}

const removal = `for (const directory of process.argv.slice(1)) require('node:fs').rmSync(directory, { recursive: true, force: true })`

/**
 * Removes directories with the rights of their owner. Otherwise the owner could replace a file in them by a link while
 * root removes it.
 */
function removeAs({ uid, gid }: WorkersUser, directories: readonly string[]): void {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  spawnSync(process.execPath, ['-e', removal, ...directories], { uid, gid, env: {}, cwd: '/', stdio: 'ignore' })
}
