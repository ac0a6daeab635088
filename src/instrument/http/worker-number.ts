import { metricContext } from '../../metric/context.js'
import { firstSet, variables } from '../../platform/environment.js'

/** Whether a supervisor has given this process a number. */
export function isSupervised(): boolean {
  return firstSet(variables.workerId) !== undefined
}

/**
 * Returns the number of this process among the workers: from its supervisor, otherwise that of its seat, which its
 * successor takes over.
 */
export function workerNumber(): string {
  const given = firstSet(variables.workerId)?.[1]
  if (given !== undefined) return given
  const { worker, writer } = metricContext().store()
  return worker ?? /^\d+/.exec(writer)?.[0] ?? '1'
}
