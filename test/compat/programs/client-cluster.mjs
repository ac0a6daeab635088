// A clustered application that is written for prom-client: the primary has no metrics, and asks for those of its workers.
import cluster from 'node:cluster'
import { answer, asking } from '../../processes/programs/stagehand.mjs'

const listeners = () => [cluster.listenerCount('message'), process.listenerCount('message')]
const before = listeners()
const { AggregatorRegistry, Counter, Gauge, Histogram, openMetricsContentType, Registry, Summary } = await import(
  'promhive/prom-client'
)
const aggregator = new AggregatorRegistry()
const added = listeners().map((count, i) => count - before[i])

const common = {
  facts: () => ({ pid: process.pid }),
  listenersAdded: () => added,
  clusterMetrics: () => aggregator.clusterMetrics(),
  openMetrics: () => new AggregatorRegistry(openMetricsContentType).clusterMetrics(),
}

if (cluster.isPrimary) {
  const workers = new Map()
  answer({
    ...common,
    async startWorker(name) {
      const worker = cluster.fork()
      const ask = asking(
        (message) => worker.send(message),
        (hear) => worker.on('message', hear),
      )
      workers.set(name, { worker, ask })
      return ask('facts')
    },
    askWorker: (name, verb, ...args) => workers.get(name).ask(verb, ...args),
    killWorker(name) {
      const { worker } = workers.get(name)
      return new Promise((resolve) => {
        worker.once('exit', () => resolve())
        worker.process.kill('SIGKILL')
      })
    },
  })
} else {
  const requests = new Counter({ name: 'requests_total', help: 'Requests.', labelNames: ['path'] })
  const seconds = new Histogram({ name: 'seconds', help: 'Seconds.', buckets: [1] })
  const sizes = new Summary({ name: 'sizes', help: 'Sizes.', percentiles: [0.5] })
  new Gauge({ name: 'started', help: 'Started.', aggregator: 'omit' }).set(1)
  new Gauge({ name: 'version', help: 'Version.', aggregator: 'first' }).set(3)
  const other = new Registry()
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [other] })
  const shared = new Counter({ name: 'shared_total', help: 'Shared.', registers: [other] })
  const sharedToo = new Counter({ name: 'shared_total', help: 'Shared.' })
  const third = new Registry()
  const stored = new Counter({ name: 'stored_total', help: 'Stored.', registers: [third] })
  answer({
    ...common,
    count(amount) {
      requests.inc({ path: '/' }, amount)
      for (let i = 0; i < amount; i++) seconds.observe(0.5)
      sizes.observe(1)
      jobs.inc(amount)
      stored.inc(amount)
      shared.inc(amount)
      sharedToo.inc(amount)
    },
    /** Keeps the event loop from turning, after this is answered. */
    block(milliseconds) {
      setTimeout(() => {
        const until = Date.now() + milliseconds
        while (Date.now() < until);
      }, 20)
    },
    setRegistries: (both) =>
      AggregatorRegistry.setRegistries(both ? [AggregatorRegistry.globalRegistry, other] : other),
    setMerged: () => AggregatorRegistry.setRegistries(Registry.merge([other, third])),
  })
}
