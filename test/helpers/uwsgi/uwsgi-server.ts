import { spawn, spawnSync } from 'node:child_process'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

const application = join(dirname(fileURLToPath(import.meta.url)), 'app.py')

/** Whether this system has a uWSGI that serves Python; `scripts/provision.mjs` installs one if permitted. */
export const hasUwsgi =
  spawnSync('uwsgi-core', ['--need-plugin', 'python3', '--version'], { stdio: 'ignore' }).status === 0

/** A real uWSGI with a small Python application, and its stats server. */
export class UwsgiServer {
  private constructor(
    readonly port: number,
    readonly folder: string,
    readonly pid: number,
  ) {}

  /** @param args such as `--stats PATH`; `{folder}` is replaced by a folder of the test */
  static async start(stage: Stage, args: readonly string[]): Promise<UwsgiServer> {
    const port = await freePort()
    const folder = stage.folder()
    const words = ['--plugin', 'python3', '--http-socket', `127.0.0.1:${port}`, '--wsgi-file', application, '--master']
    const own = args.map((word) => word.replace('{folder}', folder))
    const options = ['--workers', '2', '--threads', '2', '--memory-report', '--die-on-term', '--no-orphans']
    const child = spawn('uwsgi-core', [...words, ...options, ...own], { stdio: 'ignore', cwd: folder })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    stage.after(async () => {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    })
    const server = new UwsgiServer(port, folder, child.pid!)
    await until(
      () => server.ask('/').catch(() => ''),
      (body) => body === 'served',
    )
    // Its master opens the stats server after it has started the workers.
    const stats = own[own.indexOf('--stats') + 1]!
    await until(
      () => listens(stats),
      (listening) => listening,
    )
    return server
  }

  async ask(path: string): Promise<string> {
    return (await ask(`http://127.0.0.1:${this.port}${path}`)).body
  }
}

/** Whether a server listens: at `host:port`, or at a path. */
function listens(address: string): Promise<boolean> {
  const [, host, port] = /^([^/]*):(\d+)$/.exec(address) ?? []
  return new Promise((resolve) => {
    const socket = port === undefined ? createConnection(address) : createConnection(Number(port), host)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
