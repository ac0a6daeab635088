// Four workers count; two of them are killed; the primary prints what the application has counted.
import 'promhive/register'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { Counter, register } from 'promhive'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })

async function lead() {
  const workers = [1, 2, 3, 4].map(() => cluster.fork())
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  for (const worker of workers.slice(2)) {
    worker.process.kill('SIGKILL')
    await once(worker, 'exit')
  }
  const lines = (await register.metrics()).split('\n')
  const counted = lines.find((line) => line.startsWith('jobs_total{'))
  console.log(JSON.stringify({ counted, measured: lines.some((line) => line.startsWith('nodejs_version_info')) }))
  process.exit()
}

if (cluster.isPrimary) {
  void lead()
} else {
  for (let i = 0; i < 1000; i++) jobs.inc({ queue: 'mail' })
  process.send('counted')
}
