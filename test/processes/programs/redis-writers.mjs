// Many writers of a service in one process: node redis-writers.mjs <url> <options, JSON> <how many>
import { Redis } from 'ioredis'
import { redis } from 'promhive/redis'
import { answer, faults, verbs } from './stagehand.mjs'

const [url, options, count] = process.argv.slice(2)
// Each backend listens for the end of the process.
process.setMaxListeners(0)
const client = new Redis(url)
client.on('error', () => {})
const jobs = { type: 'counter', name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'], registry: 'default' }
const writers = []

/** One more writer. */
verbs.add = () => {
  const backend = redis({ client, ...JSON.parse(options) })
  backend.begin({ onError: ({ code, message }) => faults.push({ code, message }), onRemoved() {} })
  writers.push({ backend, store: backend.openStore() })
}
verbs.names = () => writers.map(({ store }) => store.writer)
verbs.countEach = (queue, amount) => {
  for (const { store } of writers) {
    const { values, at } = store.open(jobs, { number: 0, labelValues: [queue] })
    values[at] += amount
  }
}
verbs.flushEach = () => Promise.all(writers.map(({ backend }) => backend.flush()))
/** One of them removes a series; returns whether all shards have the removal. */
verbs.removeFrom = (writer, queue) => {
  writers[writer].store.remove(jobs, { queue }, 'application')
  return writers[writer].backend.flush()
}

for (let i = 0; i < Number(count); i++) verbs.add()
answer()
