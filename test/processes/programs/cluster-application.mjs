// The same application, which starts its workers itself.
import cluster from 'node:cluster'

if (cluster.isPrimary) {
  // What a primary counts is the application's too.
  const { Counter } = await import('promhive')
  const starts = new Counter({ name: 'worker_starts_total', help: 'Workers started.' })
  for (let i = 0; i < 2; i++) {
    cluster.fork()
    starts.inc()
  }
} else await import('./http-application.mjs')
