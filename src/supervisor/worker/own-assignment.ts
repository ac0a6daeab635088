import { firstSet, variables } from '../../platform/environment.js'
import { loadedCluster } from '../../platform/loaded-builtins.js'
import type { Assignment } from '../messages.js'

/** Returns the assignment of this process; undefined if only its parent is supervised. */
export function ownAssignment(): Assignment | undefined {
  const [, text] = firstSet(variables.assignment) ?? []
  if (text === undefined || !loadedCluster()?.isWorker) return undefined
  const assignment = JSON.parse(text) as Assignment
  return assignment.supervisor === process.ppid ? assignment : undefined
}
