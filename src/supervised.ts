import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { loadBinding } from '#native'
import { packageRoot } from '#package'
import { processHome } from './home/default-registry.js'
import { assignmentOfThisProcess, attend } from './supervisor/worker/agent.js'

/*
 * Loaded into every worker of `promhive run` and `supervise()` before the application. Where a worker starts processes or
 * threads of its own, they load it too, and it does nothing.
 */
if (isMainThread) {
  const assignment = assignmentOfThisProcess()
  if (assignment !== undefined) {
    // The home of the metrics: made first, or there is nowhere to count.
    processHome()
    attend(assignment, join(packageRoot, 'dist', 'cjs', 'monitor.js'), loadBinding().binding?.map)
  }
}
