import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../processes/actor.js'
import { ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import { hasPythonClient } from './python-collector.js'

const folder = dirname(fileURLToPath(import.meta.url))

/** Whether this system has gunicorn and Python's client; `scripts/provision.mjs` installs them if permitted. */
export const hasGunicorn = hasPythonClient && spawnSync('gunicorn', ['--version'], { stdio: 'ignore' }).status === 0

/** A real gunicorn with a Python application (`app.py`) that counts in a directory. */
export class GunicornServer {
  private constructor(
    readonly port: number,
    readonly pid: number,
  ) {}

  /** @param reportsDeath whether it calls `mark_process_dead()` when a worker has ended */
  static async start(
    stage: Stage,
    directory: string,
    workers: number,
    { reportsDeath = true } = {},
  ): Promise<GunicornServer> {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const port = await freePort()
    const config = reportsDeath ? ['--config', 'gunicorn_conf.py'] : []
    const options = [...config, '--workers', String(workers), '--bind', `127.0.0.1:${port}`]
    const child = spawn('gunicorn', [...options, 'app:application'], {
      cwd: folder,
      env: { ...cleanEnvironment(), PROMETHEUS_MULTIPROC_DIR: directory, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: 'ignore',
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    stage.after(async () => {
      // Its workers end when they notice that it has.
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    })
    const server = new GunicornServer(port, child.pid!)
    await until(
      () => server.request('/pid').catch(() => ''),
      (body) => body !== '',
    )
    await until(
      () => server.workers(),
      ({ length }) => length === workers,
    )
    return server
  }

  async request(path: string): Promise<string> {
    const { status, body } = await ask(`http://127.0.0.1:${this.port}${path}`)
    if (status !== 200) throw new Error(`${path}: ${status}`)
    return body
  }

  /** Sends requests, some at a time, with these numbers. */
  async load(count: number, from = 0, atOnce = 8): Promise<void> {
    let next = from
    const send = async (): Promise<void> => {
      while (next < from + count) {
        const number = next++
        await this.request(`/p${number % 3}?${number}`)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, send))
  }

  /** The pids of its workers. */
  workers(): readonly number[] {
    const { pid } = this
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  }
}
