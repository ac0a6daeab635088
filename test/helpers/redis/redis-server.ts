import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createClient } from 'redis'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

export { freePort }

/** Whether this system has a Redis server; `scripts/provision.mjs` installs one if permitted. */
export const hasRedis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0

/** Whether it has a Valkey, which does the same. */
export const hasValkey = spawnSync('valkey-server', ['--version'], { stdio: 'ignore' }).status === 0

export interface RedisServerOptions {
  /** The server to run; redis-server by default. */
  readonly program?: 'redis-server' | 'valkey-server'
  /** More words of the command line, such as `--appendonly yes`. */
  readonly args?: readonly string[]
  /** Words that must come first: a configuration file. */
  readonly first?: readonly string[]
  readonly port?: number
  readonly host?: string
  /** A command in front of the server, such as `ip netns exec`. */
  readonly wrapper?: readonly string[]
  /** The test's own options for TLS. The server then accepts TLS only, on the same port; its options are among `args`. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string }
}

/** A redis-server of the test's own, on a port of its own, that keeps its files in a folder of the test's. */
export class RedisServer {
  private child: ChildProcess | undefined
  private ended: Promise<void> = Promise.resolve()

  private constructor(
    readonly port: number,
    readonly host: string,
    private readonly command: readonly string[],
    readonly folder: string,
    private readonly tls: RedisServerOptions['tls'],
  ) {}

  static async start(stage: Stage, options: RedisServerOptions = {}): Promise<RedisServer> {
    const {
      args = [],
      host = '127.0.0.1',
      port = await freePort(),
      wrapper = [],
      first = [],
      tls,
      program = 'redis-server',
    } = options
    const folder = stage.folder()
    const words = [
      ...first,
      '--port',
      tls === undefined ? port : 0,
      '--bind',
      host,
      '--save',
      '',
      '--dir',
      folder,
      '--protected-mode',
      'no',
      ...args,
    ]
    const server = new RedisServer(port, host, [...wrapper, program, ...words.map(String)], folder, tls)
    stage.after(() => server.kill())
    await server.launch()
    return server
  }

  get url(): string {
    return `${this.tls === undefined ? 'redis' : 'rediss'}://${this.host}:${this.port}`
  }

  get pid(): number {
    return this.child?.pid ?? 0
  }

  /** Starts it again, with its stored data. */
  async launch(ready = true): Promise<void> {
    const [command, ...args] = this.command as [string, ...string[]]
    const child = spawn(command, args, { stdio: 'ignore' })
    this.child = child
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()))
    if (ready)
      await until(
        () => this.ask('PING').catch(() => ''),
        (answer) => answer === 'PONG',
      )
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child?.kill(signal)
    await this.ended
  }

  /** One command, on a connection of its own. */
  async ask(...words: string[]): Promise<unknown> {
    const reconnectStrategy = false as const
    const [ca, cert, key] = [this.tls?.ca, this.tls?.cert, this.tls?.key].map((file) => file && readFileSync(file))
    const socket =
      this.tls === undefined ? { reconnectStrategy } : { reconnectStrategy, tls: true as const, ca, cert, key }
    const client = createClient({ url: this.url, socket })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.sendCommand(words)
    } finally {
      client.destroy()
    }
  }
}
