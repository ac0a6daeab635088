import { theHome } from '../../metric/context.js'

const variable = 'PROMHIVE_WORKER_ID'

/** Whether a supervisor has given this process a number. */
export function isSupervised(): boolean {
  return (process.env[variable] ?? '') !== ''
}

/** The number of this process among the workers: its supervisor's, else that of its seat, which its successor takes over. */
export function workerNumber(): string {
  const given = process.env[variable]
  if (given !== undefined && given !== '') return given
  return /^\d+/.exec(theHome().store().writer)?.[0] ?? '1'
}
