import cluster from 'node:cluster'
import { basename, dirname } from 'node:path'
import { variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { atNextTestFile, atProcessExit } from '../../platform/test-file.js'
import { removeFolder } from '../../platform/windows.js'
import { processContext } from '../../runtime/current-context.js'
import {
  directoryFromEnvironment,
  isKeptInMemory,
  ownDirectory,
} from '../../runtime/directory/application-directory.js'
import { isPlace } from '../../runtime/directory/default-location.js'

/**
 * Counts in a directory of this test process from now on, and lets the child processes that it starts count there as well:
 * they find it in `PROMHIVE_DIR`. Cluster workers and threads need no call. The directory is removed when the process ends.
 *
 * @returns the directory, for a child process that gets an environment of its own
 * @throws MetricsError `DIRECTORY_UNUSABLE`
 * @example
 * const server = fork('./server.js', { env: { PROMHIVE_DIR: shareWithChildren() } })
 */
export function shareWithChildren(): string {
  const directory = processContext().whereabouts().directory ?? countInOwnDirectory()
  const [variable] = variables.directory
  processEnvironment()[variable] = directory
  // The next test file of the process, or what its modules are after a reset, counts for itself.
  atNextTestFile(() => {
    if (processEnvironment()[variable] === directory) delete processEnvironment()[variable]
  })
  return directory
}

/**
 * Removes from the environment what names the directory or the backend of an application: an application that is running,
 * and the other test processes, may count there. A child process of a test counts with it, and so does a cluster worker.
 */
function isolate(): void {
  const named = directoryFromEnvironment()
  if (cluster.isWorker || (named !== undefined && isOfTest(named))) return
  if (isKeptInMemory()) return
  const names = [...variables.directory, ...variables.backendClass, ...variables.backendConfig]
  const isNamed = names.some((name) => processEnvironment()[name] !== undefined)
  for (const name of names) delete processEnvironment()[name]
  // Chosen now: the application may load a file of variables later.
  const { backend } = processContext().whereabouts()
  if (isNamed && backend !== 'memory') countInOwnDirectory()
  // Without this, it stays until another application starts.
  atProcessExit(() => removeFolder(ownDirectory()))
}

/** Whether a directory has the name of one process's run: that of the test that started this process. */
function isOfTest(directory: string): boolean {
  return isPlace(dirname(directory)) && /^\d+-\d+-\d+$/.test(basename(directory))
}

function countInOwnDirectory(): string {
  const directory = ownDirectory()
  processContext().configure({ dir: directory }, true)
  return directory
}

isolate()
