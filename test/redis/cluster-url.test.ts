import { describe, expect } from 'vitest'
import { startRedisForwarder } from '../../src/redis-forwarder.js'
import { RedisConnections } from '../../src/store/redis/client/connections.js'
import { libraries } from '../../src/store/redis/client/own-client.js'
import { readRedisUrl } from '../../src/store/redis/client/redis-url.js'
import { slotOf } from '../../src/store/redis/client/slots.js'
import { settingsOf } from '../../src/store/redis/options.js'
import { overUrl } from '../../src/store/redis/own-connection.js'
import { RedisBackend } from '../../src/store/redis/redis-backend.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { RedisCluster } from '../helpers/redis/redis-cluster.js'
import { hasRedis } from '../helpers/redis/redis-server.js'

const limits = { connect: 4_000, command: 4_000 }
const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])
/** Three shards have them. */
const prefixes = ['shop', 'bank', 'post', 'mill', 'farm', 'dock']

describe.skipIf(!hasRedis)('the url of one node of a cluster', () => {
  test('leads to every shard, through a failover, with either library', { timeout: 180_000 }, async ({ stage }) => {
    const cluster = await RedisCluster.start(stage)
    await followsKeys(stage, cluster)
    await refusesDatabases(stage, cluster)
    await forwards(stage, cluster)

    const all = prefixes.map((keyPrefix, i) => {
      const connection = overUrl(readRedisUrl('redis', cluster.nodes[i]!.url), limits, [libraries[i % 2]!])
      return participant(stage, new RedisBackend(settingsOf({ keyPrefix, deadAfter: 60 }), connection))
    })
    for (const each of all) {
      counterOf(each, jobs, key).inc(2)
      expect(await each.backend.flush()).toBe(true)
    }
    // A master that is killed: cluster.test.ts.
    await cluster.failOver('{shop}:ledgers', 'asking')
    for (const each of all) {
      counterOf(each, jobs, key).inc(3)
      await until(() => each.backend.flush(), Boolean)
      expect((await each.read()).total('jobs_total')).toBe(5)
    }
  })
})

async function followsKeys(stage: Stage, cluster: RedisCluster): Promise<void> {
  const all = libraries.map((library) => ({
    library,
    connections: new RedisConnections({ url: cluster.nodes[0]!.url }, limits, [library]),
  }))
  stage.after(() => all.forEach(({ connections }) => void connections.close()))
  for (const { library, connections } of all) {
    for (const text of prefixes) {
      type Client = { set(key: string, value: string): Promise<unknown> }
      expect(await connections.run(text, (client) => (client as Client).set(text, library))).toBe('OK')
      expect(await (await cluster.masterOf(text)).ask('GET', text)).toBe(library)
      expect(slotOf(text)).toBe(await cluster.nodes[0]!.ask('CLUSTER', 'KEYSLOT', text))
    }
  }
  // One connection of each library for each shard, and the one that asks: those that found the way are closed.
  for (const node of cluster.nodes) {
    const role = String(await node.ask('ROLE'))
    await until(
      async () =>
        String(await node.ask('CLIENT', 'LIST', 'TYPE', 'NORMAL'))
          .trim()
          .split('\n').length,
      (count) => count === (role.startsWith('master') ? 3 : 1),
    )
  }
}

async function forwards(stage: Stage, cluster: RedisCluster): Promise<void> {
  const registry = { expose: async () => ({ contentType: 'text/plain', chunks: [Buffer.from('x 1\n')] }) } as never
  const forwarder = startRedisForwarder({ url: cluster.nodes[1]!.url, interval: 1000, registry })
  stage.after(() => forwarder.stop())
  expect(await forwarder.forward()).toBe('ok')
  for (const [key, text] of [['latest', 'x 1\n'] as const, ['metadata', '"bytes":4'] as const]) {
    const node = await cluster.masterOf(`promhive:metrics:${key}`)
    expect(await node.ask('GET', `promhive:metrics:${key}`)).toContain(text)
  }
}

async function refusesDatabases(stage: Stage, cluster: RedisCluster): Promise<void> {
  for (const library of libraries) {
    const connections = new RedisConnections({ url: `${cluster.nodes[0]!.url}/2` }, limits, [library])
    stage.after(() => connections.close())
    await expect(connections.run('a', async () => 1)).rejects.toThrow('has no database but 0; leave out the database 2')
  }
}
