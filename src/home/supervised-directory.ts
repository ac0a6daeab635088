import { absolutePath } from '../runtime/paths.js'
import { prepareDirectory } from '../store/shared/directory.js'
import { shareWith } from '../store/shared/ownership.js'
import type { Account } from '../supervisor/account.js'
import type { Settings } from '../supervisor/configuration/settings.js'
import { userOfClusterWorkers } from './application-directory.js'
import { placeOfRuns } from './application-place.js'
import { processHome } from './default-registry.js'
import { giveRunDirectory, makeRunDirectory, removeRunDirectory } from './run-directory.js'

/** Joins the directory first, so that it is clean when workers come; and makes it the workers' own. */
export function directoryFor(settings: Pick<Settings, 'dir'>, account: Account | undefined): Record<string, string> {
  // Workers may go to another working directory.
  const dir = absolutePath(settings.dir)
  const foreign = account !== undefined && account.uid !== process.geteuid?.() ? account : undefined
  if (dir === '' && foreign === undefined) return {}
  const directory = dir === '' ? makeRunDirectory(placeOfRuns(), foreign!) : dir
  if (dir === '') process.once('exit', () => removeRunDirectory(directory, foreign!))
  if (foreign === undefined) {
    shareWith(userOfClusterWorkers(directory))
    prepareDirectory(directory)
  } else {
    giveRunDirectory(directory, foreign)
    processHome().shareWithWorkers(foreign)
  }
  // Workers that each count alone would leave the metrics port without their numbers.
  processHome().configure({ dir: directory }, true)
  return { PROMHIVE_DIR: directory }
}
