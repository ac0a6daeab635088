// A cluster primary whose hook forwards to Redis, as the environment says.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { Counter } from 'promhive'
import { redisWhenReady, supervise } from 'promhive/supervisor'

if (cluster.isPrimary) {
  const supervisor = await supervise({ workers: 2, port: 0, hooks: { whenReady: redisWhenReady } })
  console.log('ready')
  process.exitCode = await supervisor.done
} else {
  new Counter({ name: 'jobs_total', help: 'Jobs.' }).inc(5)
  createServer((_, response) => response.end()).listen(0, '127.0.0.1')
}
