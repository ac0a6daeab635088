import { metricContext } from '../../metric/context.js'
import { firstSet, variables } from '../../platform/environment.js'

/** Whether a supervisor has given this process a number. */
export function isSupervised(): boolean {
  return firstSet(variables.workerId) !== undefined
}

/** The number of this process among the workers: its supervisor's, else that of its seat, which its successor takes over. */
export function workerNumber(): string {
  return firstSet(variables.workerId)?.[1] ?? /^\d+/.exec(metricContext().store().writer)?.[0] ?? '1'
}
