// A cluster primary of its own, with hooks in both namings.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { Counter } from 'promhive'
import { supervise } from 'promhive/supervisor'

if (cluster.isPrimary) {
  const say = (name) => (context) => console.log(`hook ${name} ${context.worker?.id ?? '-'}`)
  const hooks = {
    starting: say('starting'),
    workerStarted: say('workerStarted'),
    workerReady: say('workerReady'),
    workerExited: ({ worker, exit }) => console.log(`hook workerExited ${worker.id} ${exit.reason}`),
    workersChanged: ({ change }) => console.log(`hook workersChanged ${change.from} ${change.to}`),
    reload: say('reload'),
    stopping: say('stopping'),
    stopped: say('stopped'),
    when_ready: (server) => console.log(`hook when_ready ${server.workers().length}`),
    workerInt: (worker) => console.log(`hook workerInt ${worker.id}`),
    ready() {
      throw new Error('thrown by a hook')
    },
  }
  const supervisor = await supervise({
    workers: 2,
    port: Number(process.env.OWN_PORT ?? 0),
    metricPrefix: 'app_',
    hooks,
  })
  console.log(`it serves ; metrics at ${supervisor.metricsUrl}`)
  await supervisor.scale(2.5).catch((error) => console.log(`refused: ${error.message}`))
  process.exitCode = await supervisor.done
} else {
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
  createServer((_, response) => {
    jobs.inc()
    response.end(String(process.pid))
  }).listen(Number(process.env.PORT), '127.0.0.1')
}
