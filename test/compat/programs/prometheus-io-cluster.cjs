// A clustered application, written for @prometheus-io/client. Every process of it answers to the test: the primary process
// passes requests on to a worker.
const cluster = require('node:cluster')
const { once } = require('node:events')
const { Counter, Gauge, ClusterRegistry, Registry } = require('promhive/prometheus-io')

const listeners = () =>
  [cluster, process].flatMap((emitter) =>
    emitter.eventNames().map((name) => `${String(name)} ${emitter.listenerCount(name)}`),
  )
const before = listeners()
// A worker that never makes one counts as well.
const registry = process.env.PLAIN === 'true' ? undefined : new ClusterRegistry()
const added = listeners().filter((each) => !before.includes(each))

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })
const gauges = ['sum', 'min', 'max', 'average', 'first'].map(
  (aggregator) => new Gauge({ name: `gauge_${aggregator}`, help: 'A gauge.', aggregator }),
)
new Gauge({ name: 'gauge_omit', help: 'Of one process.', aggregator: 'omit' })
const other = new Registry()
const others = new Counter({ name: 'others_total', help: 'In another registry.', registers: [other] })

const verbs = {
  added: () => added,
  pid: () => process.pid,
  count: (times) => jobs.inc({ queue: 'mail' }, times),
  countOther: (times) => others.inc(times),
  set(value) {
    for (const gauge of gauges) gauge.set(value)
  },
  choose: () => ClusterRegistry.setRegistries([other]),
  scrape: () => registry.clusterMetrics(),
  shutdown: () => registry.shutdown(1000),
  block(milliseconds) {
    process.send({ blocked: true })
    const end = Date.now() + milliseconds
    while (Date.now() < end);
  },
}

async function answer({ id, verb, args }) {
  try {
    process.send({ id, value: await verbs[verb](...args) })
  } catch ({ message }) {
    process.send({ id, error: { message } })
  }
}

if (cluster.isPrimary) {
  const workers = [1, 2, 3].map((number) => cluster.fork({ PLAIN: String(number === 3) }))
  const pending = new Map()
  for (const worker of workers) {
    worker.on('message', (message) => {
      if (message?.id !== undefined) pending.get(message.id)?.(message)
    })
  }
  const ask = (number, verb, ...args) =>
    new Promise((resolve, reject) => {
      const id = Math.random()
      pending.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error.message))))
      workers[number - 1].send({ id, verb, args })
    })
  Object.assign(verbs, {
    worker: (number, verb, ...args) => ask(number, verb, ...args),
    async blockWorker(number, milliseconds) {
      void ask(number, 'block', milliseconds).catch(() => {})
      await once(workers[number - 1], 'message')
    },
    async killWorker(number) {
      const gone = once(workers[number - 1], 'exit')
      workers[number - 1].process.kill('SIGKILL')
      await gone
    },
  })
  process.on('message', answer)
  Promise.all(workers.map((worker) => once(worker, 'online'))).then(() => process.send({ ready: true }))
} else process.on('message', answer)
