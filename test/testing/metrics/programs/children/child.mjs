// Counts, and again whenever it is asked to: as a child process, a cluster worker, or a thread.
import { parentPort } from 'node:worker_threads'
import { Counter } from 'promhive'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })
const count = () => jobs.inc({ queue: 'child' }, 2)

count()
if (parentPort !== null) parentPort.on('message', count)
else process.on('message', count)
