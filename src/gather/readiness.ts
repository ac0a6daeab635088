import { MetricsError } from '../model/errors.js'
import { withTimeout } from '../platform/time-limit.js'
import type { SourceGathered, SourceGatherer } from './source-gatherer.js'

/** Whether a process can do its work. */
export interface Readiness {
  readonly ready: boolean
  /** One line without paths and addresses: the reason if it is not ready. */
  readonly text: string
}

/** Determines the readiness at a request. It does not reject. */
export type ReadinessCheck = () => Readiness | Promise<Readiness>

/** Milliseconds within which the numbers must be read. */
const timeout = 5_000

/** Returns a check whether the numbers of an application can be read. Requests at the same time share one reading. */
export function readingCheck(gatherer: () => Pick<SourceGatherer, 'gather'>, within = timeout): ReadinessCheck {
  let running: Promise<Readiness> | undefined
  return () => {
    running ??= check(gatherer(), within).finally(() => {
      running = undefined
    })
    return running
  }
}

async function check(gatherer: Pick<SourceGatherer, 'gather'>, within: number): Promise<Readiness> {
  // Only the numbers are read. `collect()` of the application's metrics does not run.
  const gathering = gatherer.gather().then((gathered) => {
    gathered.release()
    return gathered
  })
  try {
    return readinessOf(await withTimeout(gathering, within))
  } catch (cause) {
    return notReady(
      cause instanceof MetricsError ? unreadText(cause) : `the metrics were not read within ${within / 1000} s`,
    )
  }
}

/** Returns whether the numbers were read, and are not only those of an earlier reading. */
function readinessOf({ reachable, unread }: Pick<SourceGathered, 'reachable' | 'unread'>): Readiness {
  if (unread !== undefined) return notReady(unreadText(unread))
  if (reachable === false) return notReady('the backend does not answer')
  return { ready: true, text: 'ready' }
}

function notReady(reason: string): Readiness {
  return { ready: false, text: `not ready: ${reason}` }
}

function unreadText({ reason, code }: MetricsError): string {
  return `the metrics cannot be read (${reason ?? code}); the log has the details`
}
