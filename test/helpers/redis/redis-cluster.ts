import { spawnSync } from 'node:child_process'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import { freePort, RedisServer, type RedisServerOptions } from './redis-server.js'

/** The CA of a cluster with TLS, and the certificate and key of every node and every client. */
export type NodeCertificates = NonNullable<RedisServerOptions['tls']>

/** Three masters, each with a replica, on loopback. */
export class RedisCluster {
  private constructor(readonly nodes: readonly RedisServer[]) {}

  /**
   * @param args more arguments of the command line of each node
   * @param tls the certificates that the nodes use, for clients and for each other
   */
  static async start(stage: Stage, args: readonly string[] = [], tls?: NodeCertificates): Promise<RedisCluster> {
    const nodes = await Promise.all(Array.from({ length: 6 }, () => startNode(stage, args, tls)))
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    const secure = tls === undefined ? [] : ['--tls', '--cacert', tls.ca, '--cert', tls.cert, '--key', tls.key]
    const words = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes', ...secure]
    const { status, stdout, stderr } = spawnSync('redis-cli', words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`no cluster: ${stdout}${stderr}`)
    const cluster = new RedisCluster(nodes)
    for (const node of nodes) {
      await until(
        () => node.ask('CLUSTER', 'INFO'),
        (info) => /cluster_state:ok/.test(String(info)) && /cluster_known_nodes:6/.test(String(info)),
      )
    }
    await cluster.ready()
    return cluster
  }

  /** Every master has its replica, and the replica has caught up: only then can it take over. */
  async ready(): Promise<void> {
    const ask = (node: RedisServer, ...words: string[]) => node.ask(...words).catch(() => '')
    await until(
      () =>
        Promise.all(
          this.nodes.map(
            async (node) => `${await ask(node, 'INFO', 'replication')}${await ask(node, 'CLUSTER', 'INFO')}`,
          ),
        ),
      (all) =>
        all.every((info) => info.includes('cluster_state:ok')) &&
        all.filter((info) => info.includes('role:master')).length === 3 &&
        all.filter((info) => info.includes('master_link_status:up')).length === 3,
    )
  }

  /** The node that would take over from another one. */
  async replicaOf(master: RedisServer): Promise<RedisServer> {
    for (const node of this.nodes) {
      const info = String(await node.ask('INFO', 'replication').catch(() => ''))
      if (info.includes('role:slave') && info.includes(`master_port:${master.port}\r`)) return node
    }
    throw new Error(`nobody would take over from ${master.port}`)
  }

  /** Kills the primary of a key and its replica; `revive` starts both again, empty. */
  async lose(key: string): Promise<{ revive(): Promise<void> }> {
    await this.ready()
    const primary = await this.masterOf(key)
    const both = [await this.replicaOf(primary), primary]
    // The replica first: it does not take over.
    for (const node of both) await node.kill()
    return {
      revive: async () => {
        await Promise.all(both.map((node) => node.launch()))
        await this.ready()
      },
    }
  }

  /** Has the shard of a key taken over by its replica: because it is asked to, or because its master is killed. */
  async failOver(key: string, by: 'asking' | 'killing'): Promise<void> {
    await this.ready()
    // On a busy machine, the nodes may elect another one by themselves just now.
    const master = (await until(
      () => this.masterOf(key).catch(() => undefined),
      (found) => found !== undefined,
    ))!
    if (by === 'killing') await master.kill()
    else await (await this.replicaOf(master)).ask('CLUSTER', 'FAILOVER')
    await until(
      () => this.masterOf(key).catch(() => undefined),
      (found) => found !== undefined && found !== master,
    )
    if (by === 'killing') await master.launch(false)
    await this.ready()
  }

  /** The ports of all nodes, as `redis-actor.mjs` takes them. */
  get ports(): string {
    return this.nodes.map(({ port }) => port).join()
  }

  /** The node that answers for a key. */
  async masterOf(key: string): Promise<RedisServer> {
    for (const node of this.nodes) {
      const found = await node.ask('TYPE', key).catch(() => undefined)
      const role = found === undefined ? '' : String(await node.ask('ROLE').catch(() => ''))
      if (role.startsWith('master')) return node
    }
    throw new Error(`nobody answers for ${key}`)
  }
}

async function startNode(stage: Stage, more: readonly string[], tls?: NodeCertificates): Promise<RedisServer> {
  // The nodes talk to each other on a second port.
  const [port, bus] = [await freePort(), await freePort()]
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-port', String(bus)]
  // A replica that came back has all at once.
  const args = [...cluster, '--repl-diskless-sync-delay', '0', ...more]
  if (tls === undefined) return RedisServer.start(stage, { port, args })
  const files = ['--tls-ca-cert-file', tls.ca, '--tls-cert-file', tls.cert, '--tls-key-file', tls.key]
  const everywhere = ['--tls-port', String(port), '--tls-cluster', 'yes', '--tls-replication', 'yes']
  return RedisServer.start(stage, { port, args: [...args, ...everywhere, ...files], tls })
}
