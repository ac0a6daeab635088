import { type ChildProcess, type Serializable, spawn } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { provideDist } from './dist.js'

const programs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'processes', 'programs')

export interface ActorOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** A command in front of the program, such as `unshare --pid`; node itself by default. */
  readonly wrapper?: readonly string[]
  readonly cwd?: string
  /** The program of another Node.js. */
  readonly node?: string
  /** Options of Node.js, in front of the program. */
  readonly nodeArgs?: readonly string[]
}

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of the test's own. A program that answers to `ask` is one that imports `programs/stagehand.mjs`. */
export class Actor {
  /** All that it printed. */
  output = ''
  errors = ''
  readonly ended: Promise<Ending>
  private readonly ready: Promise<void>
  private readonly asked = new Map<number, { resolve(value: unknown): void; reject(cause: Error): void }>()
  private nextQuestion = 1
  private over: Error | undefined

  private constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
    const exited = new Promise<Ending>((resolve) => {
      child.once('error', (error) => {
        this.errors += String(error)
        resolve({ code: null, signal: null })
      })
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    // All that it printed is read by then; 'close' would not come for a channel that was closed by hand.
    const read = [child.stdout!, child.stderr!].map((stream) => new Promise((resolve) => stream.once('close', resolve)))
    this.ended = Promise.all([exited, ...read]).then(([ending]) => ending)
    this.ready = new Promise((resolve, reject) => {
      child.on('message', (message: Reply) => (message.ready ? resolve() : this.hear(message)))
      void this.ended.then(({ code, signal }) => {
        const cause = new Error(`the process ended (${signal ?? code}): ${this.errors}`)
        this.over = cause
        for (const { reject } of this.asked.values()) reject(cause)
        this.asked.clear()
        reject(cause)
      })
    })
    this.ready.catch(() => {})
  }

  /** Starts a program of test/processes/programs (or any file by its absolute path), with a channel to ask it by. */
  static launch(
    program: string,
    { env = {}, args = [], wrapper = [], cwd, node = process.execPath, nodeArgs = [] }: ActorOptions = {},
  ): Actor {
    provideDist()
    const [command = node, ...before] = [...wrapper, node, ...nodeArgs, resolve(programs, program), ...args]
    return new Actor(
      spawn(command, before, {
        env: { ...cleanEnvironment(), ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        serialization: 'advanced',
        ...(cwd !== undefined && { cwd }),
      }),
    )
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get running(): boolean {
    return this.over === undefined
  }

  /** Resolves when the program has loaded; rejects when it ended before. */
  async started(): Promise<this> {
    await this.ready
    return this
  }

  /** Sends the process a command, and waits for its answer; rejects if it has ended, or ends before. */
  ask<T = unknown>(verb: string, ...args: readonly unknown[]): Promise<T> {
    if (this.over !== undefined) return Promise.reject(this.over)
    const id = this.nextQuestion++
    return new Promise<T>((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.tell({ id, verb, args })
    })
  }

  /** Sends a command that is not answered. */
  tell(message: Serializable): void {
    if (this.child.connected) this.child.send(message, () => {})
  }

  /** Ends the process, by its own pid, and waits until it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending> {
    if (this.running) this.child.kill(signal)
    return this.ended
  }

  private hear({ id, error, value }: Reply): void {
    const question = this.asked.get(id)
    this.asked.delete(id)
    if (error === undefined) question?.resolve(value)
    else question?.reject(Object.assign(new Error(error.message), { code: error.code, reason: error.reason }))
  }
}

interface Reply {
  readonly ready?: true
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly message: string; readonly code?: string; readonly reason?: string }
}

/** Variables that control promhive, Node or a process manager, and belong to the user that runs the tests. */
const steers =
  /^(?:PROMHIVE|OTEL|PROMETHEUS|PYTHEUS|GUNICORN|REDIS|NODE_OPTIONS$|NODE_NO_WARNINGS$|NODE_UNIQUE_ID$|NODE_CHANNEL|VITEST|pm_id$)/i

/** Switches off the addon and /proc. */
export const portableEnvironment = { PROMHIVE_NATIVE: 'off', PROMHIVE_PROC: 'off' } as const

/** Whether this run tests what promhive does without the addon and without /proc (`npm run test:portable`). */
export const isPortableRun = process.env.PROMHIVE_PROC === 'off'

/** Nothing of the surroundings that would choose a directory or a writer. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of Object.keys(env)) if (steers.test(name)) delete env[name]
  return isPortableRun ? { ...env, ...portableEnvironment } : env
}
