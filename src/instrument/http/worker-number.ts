import { theHome } from '../../metric/home.js'

/** The number of this process among its like: its supervisor's, else that of its seat, which its successor takes over. */
export function workerNumber(): string {
  const given = process.env.PROMHIVE_WORKER_ID
  if (given !== undefined && given !== '') return given
  return /^\d+/.exec(theHome().store().writer)?.[0] ?? '1'
}
