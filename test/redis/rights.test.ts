import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { describe, expect } from 'vitest'
import { refOfKey } from '../../src/model/series-ref.js'
import { type RedisOptions, redis } from '../../src/redis.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { promhive } from '../helpers/processes/command.js'
import { root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { ways } from '../helpers/redis/clients.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { RedisCluster } from '../helpers/redis/redis-cluster.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 180_000
const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])
/** The line of the page, to the letter. */
const line = /^ACL SETUSER metrics .*$/m.exec(readFileSync(join(root, 'docs', 'redis.md'), 'utf8'))?.[0] ?? ''
/** What clients send when they connect. */
const connecting = ['info', 'hello', 'client', 'select', 'ping', 'cluster']

describe('the rights that docs/redis.md asks for', () => {
  test('are the commands that the scripts run, and no others', () => {
    const folder = join(root, 'src', 'store', 'redis')
    const files = readdirSync(folder).filter((file) => /script/.test(file))
    const scripts = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
    const run = [...scripts.matchAll(/redis\.call\('(\w+)'/g)].map(([, command]) => command!.toLowerCase())
    const granted = [...line.matchAll(/\+(\w+)/g)].map(([, command]) => command!)
    expect(new Set(granted)).toEqual(new Set(['evalsha', 'eval', ...run, ...connecting]))
  })
})

describe.skipIf(!hasRedis)('a user with the rights that docs/redis.md asks for', () => {
  test('does all that there is to do', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    await allow(server)
    const url = `redis://metrics:secret@127.0.0.1:${server.port}`
    const options = await Promise.all(Object.values(ways).map((way) => way(stage, url)))
    await countTogether(stage, [{ url, perHost: true, dir: stage.directory() }, ...options])
    expect(await server.ask('ACL', 'LOG')).toEqual([])
  })

  test('does all of it in several shards, with the keys of each', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    expect(await server.ask(...line.replace('~{shop}*', '~{shop*').split(' '))).toBe('OK')
    const url = `redis://metrics:secret@127.0.0.1:${server.port}`
    const options = await Promise.all(Object.values(ways).map((way) => way(stage, url)))
    const all = [{ url, perHost: true, dir: stage.directory() }, ...options, ...options]
    await countTogether(
      stage,
      all.map((each) => ({ ...each, shards: 3 })),
    )
    const keys = (await server.ask('KEYS', '*')) as string[]
    expect(new Set(keys.map((name) => /^{shop(?:\/shard-\d)?/.exec(name)?.[0])).size).toBe(3)
    for (const command of ['inspect', 'doctor']) {
      const { code, output, errors } = await promhive(stage, [command, '--prefix', 'shop'], { PROMHIVE_REDIS_URL: url })
      expect([code, errors], output).toEqual([0, ''])
    }
  })

  test('does so in a cluster', { timeout }, async ({ stage }) => {
    const cluster = await RedisCluster.start(stage)
    for (const node of cluster.nodes) await allow(node)
    const user = { username: 'metrics', password: 'secret' }
    const io = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
      { redisOptions: user },
    )
    io.on('error', () => {})
    const node = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })), defaults: user })
    node.on('error', () => {})
    await node.connect()
    stage.after(() => {
      io.disconnect()
      node.destroy()
    })
    const url = `redis://metrics:secret@127.0.0.1:${cluster.nodes[0]!.port}`
    await countTogether(stage, [{ client: io }, { client: node }, { url }])
    for (const each of cluster.nodes) expect(await each.ask('ACL', 'LOG')).toEqual([])
  })

  test('reports a wrong password, and counts once it is right', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const url = `redis://metrics:secret@127.0.0.1:${server.port}`
    const early = participant(stage, redis({ url, keyPrefix: 'shop' }))
    counterOf(early, jobs, key).inc(3)
    expect(await early.backend.flush()).toBe(false)
    expect(early.faults[0]!.message).toContain('WRONGPASS')
    await allow(server)
    expect(await early.backend.flush()).toBe(true)
    expect((await early.read()).total('jobs_total')).toBe(3)
  })
})

/** A server that grants the user only these rights, separated by spaces. */
async function allow(server: RedisServer): Promise<void> {
  expect(await server.ask(...line.split(' '))).toBe('OK')
}

/** Counts, removes, reads, ends, and adds the counts of ended processes to the totals. */
async function countTogether(stage: Stage, options: readonly RedisOptions[]): Promise<void> {
  const all = options.map((each) => participant(stage, redis({ ...each, keyPrefix: 'shop', flushInterval: 0.1 })))
  for (const each of all) {
    counterOf(each, jobs, key).inc(2)
    each.store.setExemplar(jobs, refOfKey(key), 0, { labels: { trace: 'x' }, value: 1 })
    expect(await each.backend.flush()).toBe(true)
  }
  for (const each of all) {
    each.store.remove(jobs, { text: 'b' }, 'application')
    const reading = await until(
      () => each.read(),
      (seen) => seen.total('jobs_total') === 2 * all.length,
    )
    expect(reading.errors).toEqual([])
  }
  // The one that stays is that of a host: when that ends, it is silent for a while before it is dead.
  const [last, ...others] = all
  for (const each of others) await each.backend.close()
  await until(
    () => last!.read(),
    ({ writers }) => writers.filter(({ live, seat }) => live && seat > 0).length === 1,
  )
  expect((await last!.read()).total('jobs_total')).toBe(2 * all.length)
  expect(all.flatMap(({ faults }) => faults)).toEqual([])
}
