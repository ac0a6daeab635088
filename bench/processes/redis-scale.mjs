// Many writers in one process: what their flushes cost Redis, and what a scrape of all of them costs, cold and warm.
import { Cluster, Redis } from 'ioredis'

const { url, ports, shards, writers, series, rounds } = JSON.parse(process.argv[2])
const { configure, register } = await import('../../dist/esm/index.js')
const { redis } = await import('../../dist/esm/redis.js')

const client = url ? new Redis(url) : new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
const nodes = url ? [client] : ports.map((port) => new Redis(port))
// Each backend listens for the end of the process.
process.setMaxListeners(0)
const faults = []
/** As many flushes are on their way at once. */
const together = 100
// A prefix of its own: the writers of the measurement before are not over for Redis.
const options = { client, keyPrefix: `bench-${process.pid}`, flushInterval: 600, ...(shards > 1 && { shards }) }
const result = { flush: [], cold: undefined, warm: [] }

const jobs = { type: 'counter', name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'], registry: 'default' }
const references = Array.from({ length: series }, (_, i) => ({ number: 0, labelValues: [`queue ${i}`] }))
const all = []
for (let i = 0; i < writers; i++) {
  const backend = redis({ ...options, instance: `host-${i}` })
  backend.begin({ onError: fault, onRemoved() {} })
  const store = backend.openStore()
  all.push({ backend, slots: references.map((reference) => store.open(jobs, reference)) })
  if (i % together === together - 1) await flushAll(all.slice(-together))
}
await flushAll(all)

let counted = 0
await round()
for (let i = 0; i < rounds; i++) result.flush.push(await round())

const reader = redis({ ...options, instance: 'reader' })
configure({ backend: reader, selfMetrics: false, onError: fault })
result.cold = await scrape()
for (let i = 0; i < rounds; i++) {
  await round()
  result.warm.push(await scrape())
}
console.log(JSON.stringify({ ...result, wrong: faults.slice(0, 5) }))
process.exit()

/** Every writer counts in each of its series, and flushes. */
async function round() {
  for (const { slots } of all) for (const { values, at } of slots) values[at]++
  counted++
  const { spent, ms } = await watched(() => flushAll(all))
  return {
    cpu: (sum(spent, 'cpu') * 1e6) / writers,
    busiest: (Math.max(...spent.map(({ cpu }) => cpu)) * 1e6) / writers,
    input: sum(spent, 'input') / writers,
    output: sum(spent, 'output') / writers,
    rate: (writers * 1000) / ms,
  }
}

async function scrape() {
  let text = ''
  const { spent, ms } = await watched(async () => (text = await register.metrics()))
  const found = [...text.matchAll(/^jobs_total\{.*\} (\d+)$/gm)].reduce((total, [, value]) => total + Number(value), 0)
  const expected = counted * writers * series
  if (found !== expected) faults.push(`a scrape shows ${found}, not ${expected}`)
  return { ms, cpu: sum(spent, 'cpu') * 1000, output: sum(spent, 'output') }
}

async function flushAll(list) {
  for (let from = 0; from < list.length; from += together) {
    const acknowledged = await Promise.all(list.slice(from, from + together).map(({ backend }) => backend.flush()))
    if (!acknowledged.every(Boolean)) faults.push('a flush was not acknowledged')
  }
}

/** What each primary has spent on it. */
async function watched(work) {
  const before = await Promise.all(nodes.map(used))
  const began = performance.now()
  await work()
  const ms = performance.now() - began
  const after = await Promise.all(nodes.map(used))
  const spent = after.flatMap(({ primary, ...node }, i) => {
    if (!primary) return []
    return [Object.fromEntries(Object.entries(node).map(([name, value]) => [name, value - before[i][name]]))]
  })
  return { spent, ms }
}

async function used(node) {
  const info = await node.info('everything')
  const number = (name) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? Number.NaN)
  const [user, system] = [number('used_cpu_user_main_thread'), number('used_cpu_sys_main_thread')]
  return {
    primary: info.includes('role:master'),
    // Before Redis 6.2, of all threads.
    cpu: Number.isNaN(user) ? number('used_cpu_user') + number('used_cpu_sys') : user + system,
    input: number('total_net_input_bytes'),
    output: number('total_net_output_bytes'),
  }
}

function sum(list, what) {
  return list.reduce((total, each) => total + each[what], 0)
}

function fault(error) {
  faults.push(error.message)
}
