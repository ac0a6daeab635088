// Two workers that count; one of them is killed, the other one exits.
import cluster from 'node:cluster'
import { Counter, register } from 'promhive'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.' })
if (cluster.isPrimary) {
  for (const signal of ['SIGKILL', undefined]) {
    const worker = cluster.fork()
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    await new Promise((resolve) => worker.once('message', resolve))
    if (signal === undefined) worker.send('exit')
    else process.kill(worker.process.pid, signal)
    await exited
  }
  console.log((await register.metrics()).split('\n').find((line) => line.startsWith('jobs_total')))
  process.exit()
} else {
  jobs.inc(3)
  process.once('message', () => process.exit())
  process.send('counted')
}
