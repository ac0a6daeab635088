import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleanEnvironment } from '../processes/actor.js'
import { provideDist, root } from '../processes/dist.js'
import { Exposition } from '../processes/exposition.js'
import { ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import type { Runtime } from './runtimes.js'

/** Names of the command of promhive: its file, and its name in a package manager. */
const commands: Readonly<Record<string, string>> = {
  promhive: 'node_modules/promhive/dist/esm/cli/bin.js',
  'promhive-bin': 'promhive',
}

const programs = join(root, 'test', 'runtimes', 'programs')

export interface RuntimeOptions {
  /** Between the runtime and the program. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Arguments of the program. */
  readonly rest?: readonly string[]
}

/** A program in a folder of its own, in which promhive is installed, on a runtime other than that of the tests. */
export class RuntimeProgram {
  output = ''
  errors = ''
  over = false
  readonly ended: Promise<number | null>

  private constructor(stage: Stage, command: readonly string[], folder: string, env: Readonly<Record<string, string>>) {
    const [file, ...args] = command
    const child = spawn(file!, args, {
      cwd: folder,
      env: { ...cleanEnvironment(), PROMHIVE_STARTUP: 'off', NO_COLOR: '1', DENO_DIR: join(folder, 'deno'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.over = true
        resolve(code)
      })
    })
    stage.after(async () => {
      child.kill('SIGKILL')
      await this.ended
    })
  }

  /** Starts a program of test/runtimes/programs or of examples, or a command of promhive (`promhive`). */
  static start(stage: Stage, runtime: Runtime, program: string, options: RuntimeOptions = {}): RuntimeProgram {
    return RuntimeProgram.startIn(stage, runtime, program, applicationFolder(stage), options)
  }

  static startIn(
    stage: Stage,
    runtime: Runtime,
    program: string,
    folder: string,
    { args = [], env = {}, rest = [] }: RuntimeOptions = {},
  ): RuntimeProgram {
    const file = commands[program] ?? program
    return new RuntimeProgram(stage, [runtime.program, ...runtime.args, ...args, file, ...rest], folder, env)
  }

  /** Runs a program to its end, and returns what it printed. */
  static async run(
    stage: Stage,
    runtime: Runtime,
    program: string,
    options: RuntimeOptions = {},
  ): Promise<RuntimeProgram> {
    const started = RuntimeProgram.start(stage, runtime, program, options)
    await started.ended
    return started
  }
}

/** Creates a folder with promhive in its `node_modules`, beside what the programs need, and the programs. */
export function applicationFolder(stage: Stage, ports: Readonly<Record<string, string>> = {}): string {
  provideDist()
  const folder = stage.folder()
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules', 'promhive'))
  symlinkSync('../promhive/dist/esm/cli/bin.js', join(folder, 'node_modules', '.bin', 'promhive'))
  for (const name of ['hono']) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  const copied = {
    ...Object.fromEntries(['cjs', 'mjs', 'ts'].map((kind) => [`quick-start.${kind}`, join(root, 'examples')])),
    ...Object.fromEntries(programNames.map((name) => [name, programs])),
  }
  for (const [name, from] of Object.entries(copied)) {
    let text = readFileSync(join(from, name), 'utf8')
    for (const [port, instead] of Object.entries(ports)) text = text.replaceAll(port, instead)
    writeFileSync(join(folder, name), text)
  }
  // Node reads TypeScript as an ES module only where the package says so.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

const programNames = [
  'alone.mjs',
  'counts.mjs',
  'entries.mjs',
  'plain-cluster.mjs',
  'plain-server.mjs',
  'registered-cluster.mjs',
  'requires.cjs',
  'threads.mjs',
  'two-workers.mjs',
  'web-server.mjs',
]

/** A server on a runtime, whose requests are counted under one name; each answer ends with the pid of its process. */
export class RuntimeServer {
  /** Requests that were sent, and answered. */
  answered = 0
  /** The process that answered the last one. */
  pid = 0

  private constructor(
    readonly program: RuntimeProgram,
    readonly folder: string,
    private readonly port: number,
    readonly metricsPort: number,
  ) {}

  /** Starts it, and waits until it has answered a request. */
  static async start(
    stage: Stage,
    runtime: Runtime,
    file: string,
    { env = {}, ...options }: RuntimeOptions = {},
  ): Promise<RuntimeServer> {
    const [app, metrics] = [await freePort(), await freePort()]
    const ports = { PORT: String(app), PROMHIVE_METRICS_PORT: String(metrics), ...env }
    const folder = applicationFolder(stage, { '3000': String(app), '9464': String(metrics) })
    const program = RuntimeProgram.startIn(stage, runtime, file, folder, { ...options, env: ports })
    const server = new RuntimeServer(program, folder, app, metrics)
    await server.next(() => true)
    return server
  }

  /** Sends requests, of which each must be answered. */
  async send(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      if (!(await this.request('GET'))) throw new Error(`no answer: ${this.program.errors}`)
      this.answered++
    }
  }

  /** Ends the process that answered last with SIGKILL, and waits until another one answers instead. */
  async kill(): Promise<void> {
    const { pid } = this
    // A program may count right after its answer.
    await this.counted()
    process.kill(pid, 'SIGKILL')
    // Until its parent has noticed, it may be given connections.
    await until(
      () => isRunning(pid),
      (running) => !running,
    )
    await this.next((answering) => answering !== pid)
  }

  /** Scrapes until every request that was sent is counted, and returns how many are. */
  async counted(): Promise<number> {
    const count = async (): Promise<number> => {
      const samples = Object.entries((await this.scrape()).labelled('http_requests_total'))
      return samples.reduce((sum, [labels, value]) => sum + (labels.includes('method="GET"') ? value : 0), 0)
    }
    return until(count, (seen) => seen >= this.answered, 30_000).catch(count)
  }

  async scrape(path = '/metrics', port = this.metricsPort): Promise<Exposition> {
    const answer = await ask(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
    return new Exposition(answer?.status === 200 ? answer.body : '')
  }

  /** What the application itself answers. */
  async read(path: string): Promise<Exposition> {
    return this.scrape(path, this.port)
  }

  /** Asks with another method, so that only the requests of `send` are counted as those. */
  private async next(is: (pid: number) => boolean): Promise<void> {
    await until(
      async () => {
        if (this.program.over) throw new Error(`the program ended: ${this.program.errors}`)
        return (await this.request('OPTIONS', 5000)) ? this.pid : 0
      },
      (pid) => pid !== 0 && is(pid),
    )
  }

  private async request(method: string, timeout = 60_000): Promise<boolean> {
    const answer = await ask(`http://127.0.0.1:${this.port}/`, method, timeout).catch(() => undefined)
    if (answer?.status !== 200) return false
    this.pid = Number(/\d+/.exec(answer.body)?.[0])
    return true
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
