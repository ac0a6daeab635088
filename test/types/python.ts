// The names of Python's clients, as a translated recipe uses them.
import { createServer } from 'node:http'
import { loadBackend, startMetricsServer } from 'promhive'
import { MultiProcessFileBackend, SingleProcessBackend } from 'promhive/backend'
import {
  CONTENT_TYPE_LATEST,
  CollectorRegistry,
  Counter,
  generate_latest,
  generateLatest,
  load_backend,
  MultiProcessCollector,
  mark_process_dead,
  multiprocess,
  REGISTRY,
} from 'promhive/python'
import { MultiProcessRedisBackend } from 'promhive/redis'

createServer(async (_request, response) => {
  const registry = new CollectorRegistry()
  new multiprocess.MultiProcessCollector(registry)
  const data: Buffer = await generate_latest(registry)
  response.writeHead(200, { 'Content-Type': CONTENT_TYPE_LATEST, 'Content-Length': data.length }).end(data)
})

const registry = new CollectorRegistry({ prefix: 'shop_' })
new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
new MultiProcessCollector(registry, '/dev/shm/shop')
new MultiProcessCollector(REGISTRY)
// @ts-expect-error no registry
new MultiProcessCollector('/dev/shm/shop')
export const server = startMetricsServer({ registry })
export const page: Promise<Buffer> = generateLatest()
mark_process_dead(1)

loadBackend(MultiProcessRedisBackend, { host: '127.0.0.1', port: 6379, key_prefix: 'shop' })
load_backend(MultiProcessFileBackend, { dir: '/dev/shm/shop' })
loadBackend(SingleProcessBackend)
new MultiProcessFileBackend({ dir: '/dev/shm/shop' })
// @ts-expect-error an option that is none
new MultiProcessFileBackend({ dirr: '/dev/shm/shop' })
// @ts-expect-error a port that is not a number
new MultiProcessRedisBackend({ port: '6379' })
