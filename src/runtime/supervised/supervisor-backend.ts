import { realpathSync } from 'node:fs'
import { MetricsError } from '../../model/errors.js'
import type { Backend } from '../../store/contract.js'
import { SharedBackend } from '../../store/shared/shared-backend.js'

/*
 * Under `promhive run` the supervisor answers scrapes. If a worker counted in another backend than the supervisor, the
 * metrics port would not show its numbers.
 */

interface Agreement {
  readonly supervisor: string
  refused(error: MetricsError): void
}

let agreement: Agreement | undefined

/** Makes this worker count in the backend of its supervisor, or not at all. */
export function agreeWithSupervisor(supervisor: string, refused: (error: MetricsError) => void): void {
  agreement = { supervisor, refused }
}

/**
 * @param backend the backend that this process is about to use
 * @throws MetricsError `BACKEND_DIFFERS` if the supervisor of this process uses another one
 */
export function checkAgreement(backend: Pick<Backend, 'name' | 'identity' | 'directory'>): void {
  if (agreement === undefined) return
  const { supervisor } = agreement
  const worker = describeBackend(backend)
  if (isSame(worker, supervisor)) return
  const text = `the supervisor counts in ${supervisor}, and the application in ${worker}: the metrics port would not show the application. Set PROMHIVE_BACKEND_CLASS and PROMHIVE_BACKEND_CONFIG for promhive run, so that both use one backend, or start it with --no-metrics and serve the metrics in the workers`
  const error = new MetricsError('BACKEND_DIFFERS', text)
  agreement.refused(error)
  throw error
}

/** Returns a text that names a backend, for messages and for comparison. */
export function describeBackend({
  name,
  identity,
  directory,
}: Pick<Backend, 'name' | 'identity' | 'directory'>): string {
  if (identity !== undefined) return `${name} ${identity}`
  return directory === undefined ? name : `directory ${real(directory)}`
}

/** Whether each of two backends of this process shows the counts of the other. */
export function countTogether(one: Backend, other: Backend): boolean {
  return (
    one.identity !== undefined && other.identity !== undefined && isSame(describeBackend(one), describeBackend(other))
  )
}

/** A client of the application does not show its address, so only the prefix is compared. */
function isSame(worker: string, supervisor: string): boolean {
  if (worker === supervisor) return true
  const [one, other] = [worker, supervisor].map((each) => each.split(' '))
  if (one!.length === other!.length || one![0] !== 'redis' || other![0] !== 'redis') return false
  return Math.min(one!.length, other!.length) === 2 && one!.at(-1) === other!.at(-1)
}

/**
 * Sends the counts of a backend with intervals. In a directory they are present already.
 *
 * @param last whether the process ends afterwards
 */
export async function settle(backend: Backend, last: boolean): Promise<void> {
  if (backend instanceof SharedBackend || backend.name === 'memory') return
  await (last ? backend.close?.() : backend.openStore().flush())
}

function real(directory: string): string {
  try {
    return realpathSync(directory)
  } catch {
    return directory
  }
}
