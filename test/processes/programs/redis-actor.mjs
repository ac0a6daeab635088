// An actor that counts in Redis: node redis-actor.mjs <kind> <url, or ports> <options, JSON>
// where the kind is url, ioredis or redis, or one of the latter followed by -cluster or -sentinel.
import { openSync, writeSync } from 'node:fs'
import { configure } from 'promhive'
import { redis } from 'promhive/redis'
import { answer, counter, faults, histogram, verbs } from './stagehand.mjs'

const [kind, url, options = '{}'] = process.argv.slice(2)
const { readFrom, ...given } = JSON.parse(options)
const backend = redis({ ...(await way()), ...given, ...(readFrom && { readFrom: await replica(readFrom) }) })
configure({ backend, onError: ({ code, message, reason }) => faults.push({ code, message, reason }) })

async function way() {
  if (kind === 'url') return { url }
  if (kind === 'redis') {
    const { createClient } = await import('redis')
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return { client }
  }
  if (kind === 'ioredis') {
    const { Redis } = await import('ioredis')
    const client = new Redis(url)
    client.on('error', () => {})
    return { client }
  }
  const ports = url.split(',').map(Number)
  if (kind === 'redis-cluster') {
    const { createCluster } = await import('redis')
    const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
    client.on('error', () => {})
    await client.connect()
    return { client }
  }
  if (kind === 'ioredis-sentinel') {
    const { Redis } = await import('ioredis')
    const client = new Redis({ name: 'service', sentinels: ports.map((port) => ({ host: '127.0.0.1', port })) })
    client.on('error', () => {})
    return { client }
  }
  if (kind === 'redis-sentinel') {
    const { createSentinel } = await import('redis')
    const sentinelRootNodes = ports.map((port) => ({ host: '127.0.0.1', port }))
    const client = createSentinel({ name: 'service', sentinelRootNodes })
    client.on('error', () => {})
    await client.connect()
    return { client }
  }
  const { Cluster } = await import('ioredis')
  const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
  client.on('error', () => {})
  return { client }
}

/** A replica by its URL; several are asked in turn. */
async function replica(from) {
  const urls = from.split(',')
  if (urls.length === 1) return from
  const { Redis } = await import('ioredis')
  const clients = urls.map((each) => new Redis(each))
  for (const client of clients) client.on('error', () => {})
  let asked = 0
  const callBuffer = (...words) => clients[asked++ % clients.length].callBuffer(...words)
  return { callBuffer, evalshaBuffer: (...words) => callBuffer('evalsha_ro', ...words) }
}

let paused = false
let counting

/** Stops counting; returns whether Redis has all counts. By then the file shows it as well. */
verbs.pauseCounting = async () => {
  paused = true
  await counting
  return backend.flush()
}
verbs.flush = () => backend.flush()
verbs.close = () => backend.close()
/** Counts until the process ends. The file contains the maximum of counts, and the number that Redis has acknowledged. */
verbs.keepCounting = (file, labels) => {
  const [jobs, durations] = [counter('jobs_total', labels), histogram('duration_seconds', labels)]
  let attempted = 0
  let acknowledged = 0
  const tally = openSync(file, 'w')
  // Over the existing content, in one call: a process that is killed in between must not leave an empty file.
  const write = () => writeSync(tally, `${String(attempted).padStart(9)} ${String(acknowledged).padStart(9)}`, 0)
  counting = (async () => {
    for (;;) {
      if (paused) {
        if (await backend.flush()) {
          acknowledged = attempted
          write()
          return
        }
        continue
      }
      attempted += 10
      write()
      for (let i = 0; i < 10; i++) {
        jobs.inc()
        durations.observe(1)
      }
      const had = attempted
      if (await backend.flush()) {
        acknowledged = had
        write()
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
}
answer()
