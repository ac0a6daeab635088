import { isMainThread } from 'node:worker_threads'
import { loadBinding } from '../platform/addon.js'
import { processContext } from '../runtime/current-context.js'
import { monitorFile } from '../runtime/package-files.js'
import { agreeWithSupervisor, settle } from '../runtime/supervised/supervisor-backend.js'
import { startNamedTarget } from '../runtime/targets/named-target.js'
import { send, startAgent } from '../supervisor/worker/agent.js'
import { ownAssignment } from '../supervisor/worker/own-assignment.js'

/*
 * Loaded into every worker of `promhive run` and `supervise()` before the application. Processes and threads that a worker
 * starts load it too; there it does nothing.
 */
if (isMainThread) {
  const assignment = ownAssignment()
  if (assignment !== undefined) {
    // The context of the metrics is created first, because counting needs it.
    const context = processContext()
    if (assignment.backend !== undefined) {
      agreeWithSupervisor(assignment.backend, ({ message }) => send({ promhive: 'apart', text: message }))
    }
    startAgent(assignment, monitorFile(), (last) => settle(context.inUse, last), loadBinding().binding?.map)
    startNamedTarget()
  }
}
