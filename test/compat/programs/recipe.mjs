// The recipe of Python's client, translated line by line: a registry that is made inside the request.
import { createServer } from 'node:http'
import { Registry, register } from 'promhive'
import {
  CONTENT_TYPE_LATEST,
  CollectorRegistry,
  Counter,
  Enum,
  Gauge,
  generate_latest,
  Histogram,
  Info,
  multiprocess,
  Summary,
} from 'promhive/python'
import { answer } from '../../processes/programs/stagehand.mjs'

const MY_COUNTER = new Counter({ name: 'my_counter', help: 'Description of my counter' })
const IN_PROGRESS = new Gauge({ name: 'inprogress_requests', help: 'help', mode: 'livesum' })
const seconds = new Histogram({ name: 'job_seconds', help: 'Jobs.', buckets: [1] })
const sizes = new Summary({ name: 'job_sizes', help: 'Jobs.' })
const build = new Info({ name: 'build', help: 'What runs.', labelNames: ['version'] })
const state = new Enum({ name: 'job_state', help: 'Jobs.', states: ['idle', 'busy'] })
const other = new Registry({ name: 'other' })
const others = new Counter({ name: 'others_total', help: 'In another registry.', registers: [other] })

register.registerCollector({
  name: 'pool',
  collect: () => [{ name: 'pool_idle', help: 'Idle.', type: 'gauge', values: [{ value: 4 }] }],
})

async function app(_environ, start_response) {
  const registry = new CollectorRegistry()
  new multiprocess.MultiProcessCollector(registry)
  const data = await generate_latest(registry)
  const status = 200
  const response_headers = [
    ['Content-type', CONTENT_TYPE_LATEST],
    ['Content-Length', String(data.length)],
  ]
  start_response(status, response_headers.flat())
  return data
}

const server = createServer(async (request, response) => {
  const data = await app(request, (status, headers) => response.writeHead(status, headers))
  response.end(data)
})

answer({
  async serve() {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server.address().port
  },
  async label() {
    register.setDefaultLabels({ app: 'shop' })
    // They are published after this turn.
    await new Promise((resolve) => setImmediate(resolve))
  },
  work(amount) {
    MY_COUNTER.inc(amount)
    IN_PROGRESS.inc()
    seconds.observe(amount)
    sizes.observe(amount)
    build.info({ version: '1' })
    state.state('busy')
    others.inc(amount)
  },
  /** So many pages, each of a registry of its own. */
  async manyPages(times) {
    for (let i = 0; i < times; i++) {
      const registry = new CollectorRegistry()
      new multiprocess.MultiProcessCollector(registry)
      await generate_latest(registry)
    }
  },
})
