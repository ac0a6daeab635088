import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

const program = fileURLToPath(new URL('../../statsd/node_modules/statsd/stats.js', import.meta.url))
const backend = fileURLToPath(new URL('sums.cjs', import.meta.url))

export const hasStatsd = existsSync(program)

type Numbers = Readonly<Record<string, number>>

/** The server of npm's package statsd, and what it has received. */
export class StatsdServer {
  private seen: { readonly counters: Numbers; readonly gauges: Numbers } = { counters: {}, gauges: {} }

  private constructor(
    readonly port: number,
    readonly pid: number,
  ) {}

  static async start(stage: Stage, port?: number): Promise<StatsdServer> {
    const management = await freePort()
    const chosen = port ?? (await freePort())
    const configuration = join(stage.folder(), 'statsd.js')
    const options = {
      port: chosen,
      address: '127.0.0.1',
      mgmt_port: management,
      mgmt_address: '127.0.0.1',
      backends: [backend],
      flushInterval: 50,
      title: false,
    }
    writeFileSync(configuration, JSON.stringify(options))
    const child = spawn(process.execPath, ['--require', backend, program, configuration], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    stage.after(async () => {
      child.kill('SIGKILL')
      await ended
    })
    const server = new StatsdServer(chosen, child.pid!)
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('{')) server.seen = JSON.parse(line)
    })
    await until(
      () => listens(management),
      (is) => is,
    )
    return server
  }

  get address(): string {
    return `udp://127.0.0.1:${this.port}`
  }

  /** The sum of what a counter has received. */
  counter(name: string): number | undefined {
    return this.seen.counters[name]
  }

  gauge(name: string): number | undefined {
    return this.seen.gauges[name]
  }

  /** The names of all counters and gauges that applications have sent. */
  names(): string[] {
    const names = [...Object.keys(this.seen.counters), ...Object.keys(this.seen.gauges)]
    return names.filter((name) => !name.startsWith('statsd.')).sort()
  }

  /** The lines that the server could not read. */
  get badLines(): number | undefined {
    return this.seen.counters['statsd.bad_lines_seen']
  }

  /** Waits until a counter has this sum. */
  async received(name: string, sum: number): Promise<void> {
    await until(
      () => this.counter(name),
      (seen) => seen !== undefined && seen >= sum,
    )
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
