/** The names of the families of workers and of the primary. Plain data, because it is passed to the workers. */
export interface MetricNaming {
  /** The prefix for families of workers. */
  readonly worker: string
  /** The prefix for families of the primary. */
  readonly primary: string
  /** Upper bounds of the durations of requests, in seconds. */
  readonly buckets: readonly number[]
  /** The names and labels of gunicorn's exporter. */
  readonly gunicorn: boolean
}

export type Compat = 'none' | 'gunicorn'

/** @param prefix the prefix of all names, without `compat` */
export function metricNaming(compat: Compat, prefix: string): MetricNaming {
  if (compat === 'gunicorn') {
    const buckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60]
    return { worker: 'gunicorn_worker_', primary: 'gunicorn_master_', buckets, gunicorn: true }
  }
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  return { worker: `${prefix}worker_`, primary: `${prefix}primary_`, buckets, gunicorn: false }
}
