import { readFileSync } from 'node:fs'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { describe, expect } from 'vitest'
import { type RedisOptions, redis } from '../../src/redis.js'
import { libraries } from '../../src/store/redis/client/own-client.js'
import { readRedisUrl } from '../../src/store/redis/client/redis-url.js'
import { settingsOf } from '../../src/store/redis/options.js'
import { overUrl } from '../../src/store/redis/own-connection.js'
import { RedisBackend } from '../../src/store/redis/redis-backend.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { hasOpenssl, makeCertificate } from '../helpers/certificates.js'
import { promhive } from '../helpers/processes/command.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { type NodeCertificates, RedisCluster } from '../helpers/redis/redis-cluster.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { keysOfShards } from '../helpers/redis/sharded.js'

const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])
const options = { keyPrefix: 'shop', shards: 3, deadAfter: 60 }
const limits = { connect: 10_000, command: 10_000 }

describe.skipIf(!hasRedis || !hasOpenssl)('a cluster whose nodes require TLS and certificates', () => {
  test('takes the counts of every way to reach it, through a failover', async ({ stage }) => {
    const files = certificates(stage)
    const cluster = await RedisCluster.start(stage, [], files)
    const { url } = cluster.nodes[0]!
    const tls = { caFile: files.ca, certFile: files.cert, keyFile: files.key }
    // Each library by the URL of one node, and the cluster client of each library.
    const overUrls = libraries.map(
      (library) => new RedisBackend(settingsOf(options), overUrl(readRedisUrl('redis', url, tls), limits, [library])),
    )
    const clients = await clusterClients(stage, cluster, files)
    const all = [...overUrls, ...clients.map((given) => redis({ ...given, ...options }))].map((backend) =>
      participant(stage, backend),
    )
    for (const each of all) {
      counterOf(each, jobs, key).inc(2)
      await until(() => each.backend.flush(), Boolean)
    }
    await cluster.failOver(keysOfShards(3, 'shop')[1]!.ledgers, 'asking')
    for (const each of all) {
      counterOf(each, jobs, key).inc(3)
      await until(() => each.backend.flush(), Boolean)
    }
    for (const each of all) {
      const reading = await until(
        () => each.read(),
        (seen) => seen.errors.length === 0 && seen.total('jobs_total') === 5 * all.length,
      )
      expect(reading.total('jobs_total')).toBe(5 * all.length)
    }

    const named = ['--redis-ca-file', files.ca, '--redis-cert-file', files.cert, '--redis-key-file', files.key]
    const inspected = await promhive(stage, ['inspect', '--json', '--redis', url, '--prefix', 'shop', ...named])
    expect([inspected.errors, inspected.code]).toEqual(['', 0])
    const { ledgers } = JSON.parse(inspected.output) as { ledgers: { kind: string }[] }
    expect(ledgers.filter(({ kind }) => kind === 'writer')).toHaveLength(all.length)
    // A certificate of another authority is refused, and named as the cause.
    const other = makeCertificate(stage.folder(), 'other')
    const stranger = participant(stage, redis({ url, ...options, tls: { ...tls, caFile: other.certfile } }))
    counterOf(stranger, jobs, key).inc()
    expect(await stranger.backend.flush()).toBe(false)
    expect(stranger.faults[0]!.message).toMatch(/certificate/)
  })
})

function certificates(stage: Stage): NodeCertificates {
  const folder = stage.folder()
  const authority = makeCertificate(folder, 'authority')
  const { certfile, keyfile } = makeCertificate(folder, 'node', authority)
  return { ca: authority.certfile, cert: certfile, key: keyfile }
}

async function clusterClients(
  stage: Stage,
  { nodes }: RedisCluster,
  files: NodeCertificates,
): Promise<readonly RedisOptions[]> {
  const [ca, cert, pem] = [files.ca, files.cert, files.key].map((file) => readFileSync(file))
  const tls = { ca, cert, key: pem } as { ca: Buffer; cert: Buffer; key: Buffer }
  const io = new Cluster(
    nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    { redisOptions: { tls } },
  )
  const node = createCluster({
    rootNodes: nodes.map(({ url }) => ({ url })),
    defaults: { socket: { tls: true, ...tls } },
  })
  for (const client of [io, node]) client.on('error', () => {})
  stage.after(() => {
    io.disconnect()
    node.destroy()
  })
  await node.connect()
  return [{ client: io }, { client: node }]
}
