// Counts a thousand jobs, says so, and leaves its event loop no turn afterwards. Ends at once with the argument `ends`.
import { writeSync } from 'node:fs'
import { Counter } from 'promhive'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.' })
for (let i = 0; i < 1000; i++) jobs.inc()
writeSync(1, 'counted\n')
if (process.argv[2] !== 'ends') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
