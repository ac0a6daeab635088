import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from './actor.js'
import { provideDist, root } from './dist.js'
import { Exposition } from './exposition.js'
import { ask } from './http.js'
import { freePort } from './port.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

const programs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'supervisor', 'programs')

export interface SupervisedOptions {
  readonly app?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A program to run instead of `promhive run`. */
  readonly primary?: string
  /** A command that runs it as its only child. */
  readonly wrapper?: readonly string[]
}

/** An application under `promhive run`, with a port of its own for the application and one for scrapes. */
export class SupervisedApplication {
  output = ''
  over = false
  private answered = false
  /** Where its metrics are. */
  url = ''

  private constructor(
    readonly child: ReturnType<typeof spawn>,
    readonly port: number,
    readonly ended: Promise<number | null>,
    private readonly wrapped: boolean,
  ) {}

  /** Starts it, and waits until it serves. The names of its families begin with `app_`. */
  static async start(stage: Stage, options: SupervisedOptions = {}): Promise<SupervisedApplication> {
    const application = await SupervisedApplication.launch(stage, options)
    await application.says(/serves? .*; metrics at http\S+\n/)
    application.url = /metrics at (http\S+)\n/.exec(application.output)![1]!
    return application
  }

  static async launch(stage: Stage, options: SupervisedOptions = {}): Promise<SupervisedApplication> {
    provideDist()
    const { app = 'serves.mjs', args = [], env = {}, cwd, primary, wrapper = [] } = options
    const port = await freePort()
    const run = [join(root, 'dist', 'esm', 'cli', 'bin.js'), 'run', join(programs, app)]
    const command =
      primary === undefined ? [...run, '--port', '0', '--metric-prefix', 'app_'] : [join(programs, primary)]
    const [file, ...rest] = [...wrapper, process.execPath, ...command, ...args]
    const child = spawn(file!, rest, {
      env: { ...cleanEnvironment(), NODE_NO_WARNINGS: '1', PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    })
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    // All that it and its workers printed is read by then.
    const read = [child.stdout!, child.stderr!].map((stream) => new Promise((resolve) => stream.once('close', resolve)))
    const ended = Promise.all([exited, ...read]).then(([code]) => code)
    const application = new SupervisedApplication(child, port, ended, wrapper.length > 0)
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        application.output += text
      })
    }
    void ended.then(() => {
      application.over = true
    })
    stage.after(async () => {
      const workers = application.workerPids()
      const directories = workers.map(runDirectoryOf)
      child.kill('SIGKILL')
      await exited
      // A blocked worker does not notice that its supervisor is gone.
      for (const pid of workers) endQuietly(pid)
      // A worker that still runs would make it again.
      await until(
        () => workers.filter(isRunning),
        (running) => running.length === 0,
      )
      for (const directory of directories) if (directory) rmSync(directory, { recursive: true, force: true })
    })
    return application
  }

  /** Of the supervisor. */
  get pid(): number {
    return this.wrapped ? (childrenOf(this.child.pid!)[0] ?? 0) : this.child.pid!
  }

  /** Waits for a text in its output. */
  async says(what: RegExp): Promise<string> {
    await until(
      () => this.output,
      (output) => what.test(output) || this.over,
    )
    if (!what.test(this.output)) throw new Error(`it ended without ${what}: ${this.output}`)
    return this.output
  }

  signal(signal: NodeJS.Signals): void {
    const { pid } = this
    // 0 would be this very process, and all of its group.
    if (pid > 0) process.kill(pid, signal)
  }

  /** What a request of the application is answered. */
  async ask(path = '/', method = 'GET'): Promise<string> {
    const request = () => ask(`http://127.0.0.1:${this.port}${path}`, method)
    if (this.answered) return (await request()).body
    // On a busy machine, an application that takes seconds to open its port looks like one without ports, which serves
    // when it has loaded.
    const first = await until(
      () => request().catch(unlessRefused),
      (answer) => answer !== undefined || this.over,
    )
    this.answered = true
    return first?.body ?? (await request()).body
  }

  /** The pids of all workers that run, in the order in which they were started. */
  workerPids(): number[] {
    return childrenOf(this.pid)
  }

  async scrapeText(): Promise<string> {
    return (await ask(this.url)).body
  }

  async scrape(): Promise<Exposition> {
    return new Exposition(await this.scrapeText())
  }

  /** Scrapes until it is so. */
  async shows(is: (scrape: Exposition) => boolean): Promise<Exposition> {
    return until(
      () => this.scrape(),
      (scrape) => is(scrape),
    )
  }

  /** How many requests of the application were counted, whichever worker answered. */
  async counted(): Promise<number> {
    return (await this.scrape()).total('app_worker_requests_total')
  }
}

/** A process that nothing reaps has ended too. */
function unlessRefused(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ECONNREFUSED') throw error
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** The directory that a supervisor made for workers of another user; the killed supervisor does not remove it. */
function runDirectoryOf(worker: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${worker}/environ`, 'latin1')
    return /(?:^|\0)PROMHIVE_DIR=([^\0]*\/promhive-run-\w+)\0/.exec(environment)?.[1]
  } catch {
    return undefined
  }
}

export interface Load {
  readonly sent: number
  readonly answered: number
  /** What went wrong, by error code or status. */
  readonly faults: Readonly<Record<string, number>>
  /** Which processes answered. */
  readonly pids: ReadonlySet<string>
}

/** Sends requests from several clients at once until it is stopped. */
export function loadOn(
  port: number,
  { keepAlive = false, clients = 12, path = '/' } = {},
): { stop(): Promise<Load>; answered(): number; answerers(): number } {
  const agent = new Agent({ keepAlive, maxSockets: clients })
  const faults: Record<string, number> = {}
  const pids = new Set<string>()
  let [sent, answered, stopped] = [0, 0, false]
  const blame = (what: string | number | undefined): void => {
    faults[String(what)] = (faults[String(what)] ?? 0) + 1
  }
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      sent++
      const request = get({ host: '127.0.0.1', port, agent, path }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('close', () => {
          if (response.complete && response.statusCode === 200) {
            answered++
            pids.add(body)
          } else blame(response.complete ? response.statusCode : 'cut off')
          resolve()
        })
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        blame(error.code)
        resolve()
      })
    })
  const all = Promise.all(
    Array.from({ length: clients }, async () => {
      while (!stopped) await once()
    }),
  )
  return {
    answered: () => answered,
    /** How many processes. */
    answerers: () => pids.size,
    async stop() {
      stopped = true
      await all
      agent.destroy()
      return { sent, answered, faults, pids }
    },
  }
}

export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
