import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import { freePort, RedisServer, type RedisServerOptions } from './redis-server.js'

/** A master and a replica, and three sentinels that watch them. */
export class RedisSentinels {
  private constructor(
    readonly servers: readonly RedisServer[],
    private readonly sentinels: readonly RedisServer[],
  ) {}

  static async start(stage: Stage, { args = [] }: Pick<RedisServerOptions, 'args'> = {}): Promise<RedisSentinels> {
    // A replica that sends its whole data set at once, and does not wait for others that may come.
    const words = ['--repl-diskless-sync-delay', '0', ...args]
    const master = await RedisServer.start(stage, { args: words })
    const replica = await RedisServer.start(stage, {
      args: ['--replicaof', `127.0.0.1 ${master.port}`, ...words],
    })
    await until(
      () => replica.ask('INFO', 'replication'),
      (info) => /master_link_status:up/.test(String(info)),
    )
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(stage, master.port)))
    // All of them know each other and the replica: only then can they agree on it.
    for (const sentinel of sentinels) {
      await until(
        () => sentinel.ask('INFO', 'sentinel'),
        (info) => /name=service,status=ok,[^\r]*slaves=1,sentinels=3/.test(String(info)),
      )
    }
    return new RedisSentinels([master, replica], sentinels)
  }

  /** The ports of the sentinels, as `redis-actor.mjs` takes them. */
  get ports(): string {
    return this.sentinels.map(({ port }) => port).join()
  }

  /** The server that the sentinels name, once it reports that role itself; undefined while there is none. */
  async master(): Promise<RedisServer | undefined> {
    const named = await Promise.all(
      this.sentinels.map((each) => each.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'service') as Promise<string[]>),
    )
    const found = this.servers.find(({ port }) => named.every((address) => address[1] === String(port)))
    const role = await found?.ask('ROLE').catch(() => undefined)
    return String(role).startsWith('master') ? found : undefined
  }

  /** Has the replica take over: because the sentinels are asked to, or because the master is killed. */
  async failOver(by: 'asking' | 'killing'): Promise<void> {
    const master = (await until(
      async () => ((await this.isReady()) ? this.master() : undefined),
      (found) => found !== undefined,
    ))!
    if (by === 'killing') await master.kill()
    else
      await until(
        () => this.sentinels[0]!.ask('SENTINEL', 'FAILOVER', 'service').catch(String),
        (answer) => answer === 'OK',
      )
    await until(
      () => this.master(),
      (found) => found !== undefined && found !== master,
    )
    if (by === 'killing') await master.launch(false)
  }

  /** Whether a server can take over: a replica that has caught up, and that all sentinels know. */
  async isReady(): Promise<boolean> {
    const master = await this.master()
    const replica = this.servers.find((server) => server !== master)
    if (master === undefined || replica === undefined) return false
    const info = String(await replica.ask('INFO', 'replication').catch(() => ''))
    if (!info.includes(`master_port:${master.port}`) || !info.includes('master_link_status:up')) return false
    const known = await Promise.all(this.sentinels.map((each) => each.ask('SENTINEL', 'REPLICAS', 'service')))
    return known.every((replicas) => {
      const [only] = replicas as Record<string, string>[]
      return only?.port === String(replica.port) && only.flags === 'slave' && only['master-link-status'] === 'ok'
    })
  }
}

async function startSentinel(stage: Stage, master: number): Promise<RedisServer> {
  const port = await freePort()
  // A sentinel writes its knowledge into its configuration.
  const file = join(stage.folder(), 'sentinel.conf')
  const lines = [
    `sentinel monitor service 127.0.0.1 ${master} 2`,
    'sentinel down-after-milliseconds service 1000',
    'sentinel failover-timeout service 5000',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return RedisServer.start(stage, { port, first: [file, '--sentinel'] })
}
