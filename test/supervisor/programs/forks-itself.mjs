// A primary that starts its workers itself, with plain node:cluster.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { observe } from 'promhive/supervisor'

if (cluster.isPrimary) {
  cluster.fork()
  const observer = await observe({
    port: 0,
    metricPrefix: 'app_',
    hooks: {
      workerReady: ({ worker }) => console.log(`ready ${worker.id}`),
      workerExited({ worker, exit }) {
        console.log(`exited ${worker.id} ${exit.reason}`)
        cluster.fork()
      },
    },
  })
  cluster.fork()
  console.log(`it serves ; metrics at ${observer.metricsUrl}`)
  process.once('SIGTERM', async () => {
    await observer.stop()
    await observer.stop()
    process.exit()
  })
} else {
  createServer((_, response) => response.end(String(process.pid))).listen(Number(process.env.PORT), '127.0.0.1')
}
