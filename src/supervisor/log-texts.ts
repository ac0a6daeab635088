import type { LogFields, Logger } from '../model/logger.js'
import { monotonicNow } from '../platform/timers.js'
import type { SupervisedWorker } from './lifecycle.js'
import type { WorkerExit } from './worker-process.js'

/** Returns the name of a worker: `worker 1 (4711)`. */
export function nameOf({ id, pid }: Pick<SupervisedWorker, 'id' | 'pid'>): string {
  return `worker ${id} (${pid})`
}

/** Returns the fields of a log line about a worker. */
export function aboutOf(event: string, { id, pid }: Pick<SupervisedWorker, 'id' | 'pid'>): LogFields {
  return { event, worker: id, workerPid: pid }
}

/** Logs the end of a worker; an unexpected one as a warning. */
export function logEnd(
  logger: Logger,
  expected: boolean,
  worker: Pick<SupervisedWorker, 'id' | 'pid' | 'uptime'>,
  { code, signal }: WorkerExit,
  reason: string,
): void {
  const how = signal === null ? `with code ${code}` : `by ${signal}`
  const { uptime } = worker
  const message = `${nameOf(worker)} ended ${how}: ${reason}, after ${secondsText(uptime)}`
  const facts = { ...aboutOf('workerExited', worker), code, signal, reason, seconds: uptime }
  if (expected) logger.debug?.(message, facts)
  else logger.warn(message, facts)
}

export function workersOf(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`
}

/** Returns the seconds since a moment of the clock of `performance.now()`. */
export function secondsSince(moment: number): number {
  return (monotonicNow() - moment) / 1000
}

/** Formats a duration: `0.8 s`, `12 s`. */
export function secondsText(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}
