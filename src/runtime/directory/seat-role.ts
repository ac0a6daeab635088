import { firstSet, variables } from '../../platform/environment.js'
import { isMainThread, loadedCluster } from '../../platform/loaded-builtins.js'
import { processEnvironment } from '../../platform/process-environment.js'
import type { SeatRole } from '../../store/shared/seat-numbers.js'
import { ownAssignment } from '../../supervisor/worker/own-assignment.js'
import { directoryFromEnvironment, isOfPm2 } from './application-directory.js'

/**
 * Returns what this process is to its application, which decides its number among the workers.
 *
 * @param supervises whether it is a supervisor, or observes the workers that it starts
 */
export function seatRole(supervises: boolean): SeatRole {
  if (isMainThread) {
    const cluster = loadedCluster()
    // Set when the application prepares its first worker.
    if (supervises || (cluster?.isPrimary && Object.keys(cluster.settings).length > 0)) return 'primary'
    const number = ownAssignment()?.worker ?? (isOfPm2() ? pm2Number() : undefined)
    if (number !== undefined) return number
    if (cluster?.isWorker) return 'worker'
  }
  // A thread, or a child process that has inherited the number of its parent.
  return firstSet(variables.assignment) !== undefined || pm2Number() !== undefined ? 'beside' : 'process'
}

/**
 * Returns the number of a process that PM2 started, which a reload keeps. In a directory that the environment names,
 * instances of several applications may count, each of which has an instance 0: there, no process has a number.
 */
function pm2Number(): number | undefined {
  const { NODE_APP_INSTANCE: instance = '', pm_id: id } = processEnvironment()
  const numbered = id !== undefined && /^\d{1,4}$/.test(instance) && directoryFromEnvironment() === undefined
  return numbered ? Number(instance) + 1 : undefined
}
