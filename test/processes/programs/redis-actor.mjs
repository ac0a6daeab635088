// An actor that counts in Redis: node redis-actor.mjs [ioredis|redis|url] <url> <options, JSON>
import { configure } from 'promhive'
import { redis } from 'promhive/redis'
import { answer, faults, verbs } from './stagehand.mjs'

const [kind, url, options = '{}'] = process.argv.slice(2)
const backend = redis({ ...(await way()), ...JSON.parse(options) })
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
  const { Cluster } = await import('ioredis')
  const client = new Cluster(url.split(',').map((node) => ({ host: '127.0.0.1', port: Number(node) })))
  client.on('error', () => {})
  return { client }
}

verbs.flush = () => backend.flush()
verbs.close = () => backend.close()
answer()
