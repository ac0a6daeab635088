import type { MetricValues } from '../metric/metric-values.js'
import { withTimeout } from '../platform/time-limit.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'
import { inFlightFamily, requestFamilies } from './request-families.js'

/** The requests that the workers of one number have counted. */
export interface WorkerRequests {
  /** Answered requests, including failed ones. */
  readonly answered: number
  /** The sum of their durations in seconds. */
  readonly seconds: number
  readonly failed: number
  readonly inFlight: number
}

/** Timeout of a reading, in milliseconds; after it, the statistics omit the request numbers. */
const timeout = 2_000

/** Reads the counts of workers from their backend, without a message to them. */
export class RequestNumbers {
  private readonly families
  private readonly inFlight

  constructor(naming: MetricNaming) {
    this.families = requestFamilies(naming)
    this.inFlight = inFlightFamily(naming)
  }

  /** Reads the requests by worker number; resolves to undefined if they cannot be read in time. */
  async read(): Promise<ReadonlyMap<number, WorkerRequests> | undefined> {
    const { durations, failed } = this.families
    const values = Promise.all([durations.get(), failed.get(), this.inFlight.get()])
    return withTimeout(values, timeout).then(
      (read) => byWorker(...read),
      () => undefined,
    )
  }
}

function byWorker(
  durations: MetricValues,
  failures: MetricValues,
  inFlight: MetricValues,
): ReadonlyMap<number, WorkerRequests> {
  const counts = sums(durations, '_count')
  const seconds = sums(durations, '_sum')
  const failed = sums(failures)
  const open = sums(inFlight)
  const workers = [...counts].map(([worker, answered]): [number, WorkerRequests] => {
    const of = (sums: ReadonlyMap<number, number>): number => sums.get(worker) ?? 0
    return [worker, { answered, seconds: of(seconds), failed: of(failed), inFlight: of(open) }]
  })
  return new Map(workers)
}

function sums({ name, values }: MetricValues, ending = ''): Map<number, number> {
  const sampleName = ending === '' ? undefined : `${name}${ending}`
  const sumByWorker = new Map<number, number>()
  for (const { labels, value, metricName } of values) {
    const worker = Number(labels.worker_id)
    if (metricName === sampleName) sumByWorker.set(worker, (sumByWorker.get(worker) ?? 0) + value)
  }
  return sumByWorker
}
