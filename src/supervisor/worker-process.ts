import cluster, { type Address, type Worker } from 'node:cluster'
import { variables } from '../platform/environment.js'
import { clearInterval, clearTimeout, monotonicNow, setInterval, setTimeout } from '../platform/timers.js'
import {
  type Assignment,
  assignmentVariable,
  isWorkerMessage,
  leaveSignal,
  lingering,
  type WorkerMessage,
} from './messages.js'
import { OpenRequestsFile } from './open-requests.js'

/** Why a worker was ended, or ended by itself; each is a label value of the restarts. */
export const restartReasons = [
  'reload',
  'max_requests',
  'max_rss',
  'timeout',
  'signal',
  'oom',
  'exit',
  'start_failed',
] as const
export type RestartReason = (typeof restartReasons)[number]

/** What a worker is doing. */
export const workerStates = ['starting', 'running', 'blocked', 'draining', 'aborting', 'down'] as const
export type WorkerState = (typeof workerStates)[number]

export interface WorkerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** How long a listening worker is quiet before it counts as having opened all of its ports, in milliseconds. */
const quiet = 2000

/** One process of a worker: its successor is another one, with the same number. */
export class WorkerProcess {
  /** In seconds since 1970. */
  readonly startedAt = Date.now() / 1000
  private readonly began = monotonicNow()
  readonly exited: Promise<WorkerExit>
  /** Why the supervisor ends it; undefined while it does not. */
  ending: RestartReason | 'stop' | undefined
  /** Whether it has opened its ports, or has loaded, where the application opens none. */
  ready = false
  over = false
  /** The time of its last sign of life, on the clock of `performance.now()`. */
  heard = monotonicNow()
  aborting = false
  /** Brings its metrics up to date. */
  refresh: () => void = () => {}
  lastBeat: Extract<WorkerMessage, { promhive: 'beat' }> | undefined
  private beats = 0
  private leaving = false
  readonly addresses = new Set<string>()
  private readonly listeners = new Set<() => void>()

  /**
   * @param id its number, 1 to N
   * @param onMessage called with its messages, except for signs of life
   */
  constructor(
    readonly id: number,
    readonly worker: Worker,
    onMessage: (message: WorkerMessage) => void,
    /** What it has not answered; undefined of a worker without the agent. */
    readonly openRequests?: OpenRequestsFile | undefined,
  ) {
    worker.on('message', (message: unknown) => {
      if (!isWorkerMessage(message)) return
      this.heard = monotonicNow()
      if (message.promhive !== 'beat') return onMessage(message)
      this.lastBeat = message
      this.beats++
    })
    worker.on('listening', (address: Address) => {
      this.addresses.add(`${address.addressType} ${address.address} ${address.port}`)
      for (const listener of this.listeners) listener()
    })
    this.exited = new Promise((resolve) => {
      const end = (exit: WorkerExit): void => {
        this.over = true
        resolve(exit)
      }
      worker.on('exit', (code, signal) => end({ code, signal: signal as NodeJS.Signals | null }))
      // It could not be started at all; then no exit follows.
      worker.on('error', () => {
        if (worker.process.pid === undefined) end({ code: null, signal: null })
      })
    })
  }

  get pid(): number {
    return this.worker.process.pid ?? 0
  }

  /** Seconds since it was started. */
  get uptime(): number {
    return (monotonicNow() - this.began) / 1000
  }

  state(): WorkerState {
    if (this.over) return 'down'
    if (this.aborting) return 'aborting'
    if (this.ending !== undefined) return 'draining'
    if (!this.ready) return 'starting'
    // One without the agent gives no signs of life.
    return this.silence > 5000 ? 'blocked' : 'running'
  }

  /** Milliseconds since its last sign of life; 0 of one that gives none. */
  get silence(): number {
    return this.beats > 0 ? monotonicNow() - this.heard : 0
  }

  /** The TCP ports that it listens on; the host is null for all addresses. */
  tcp(): readonly { readonly host: string | null; readonly port: number }[] {
    return [...this.addresses].flatMap((address) => {
      const [type, host, port] = address.split(' ')
      return type === '4' || type === '6' ? [{ host: host === 'null' ? null : host!, port: Number(port) }] : []
    })
  }

  /**
   * Waits until it serves. False when it ended before, or the time was up.
   *
   * @param like a worker, all of whose ports it must have opened; without one, its first
   * @param milliseconds how long to wait
   */
  async serves(like: WorkerProcess | undefined, milliseconds: number, listens: () => boolean): Promise<boolean> {
    const wanted = like?.addresses ?? new Set()
    let timer: NodeJS.Timeout | undefined
    let settle: NodeJS.Timeout | undefined
    const opened = new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (this.addresses.size === 0) return
        clearTimeout(settle)
        if ([...wanted].every((address) => this.addresses.has(address))) resolve(true)
        else settle = setTimeout(resolve, quiet, true)
      }
      this.listeners.add(look)
      timer = setTimeout(() => resolve(!listens() && !this.over), milliseconds)
    })
    // An application that opens no port is there when it has loaded and turned its event loop: the first sign of life
    // comes from before it was loaded.
    const loaded = new Promise<boolean>((resolve) => {
      const timer = setInterval(() => {
        if (this.beats > 1 && !listens()) resolve(true)
        if (this.over || this.ready || this.addresses.size > 0) clearInterval(timer)
      }, 100)
    })
    const ended = this.exited.then(() => false)
    const serves = await Promise.race([opened, loaded, ended])
    clearTimeout(timer)
    clearTimeout(settle)
    this.listeners.clear()
    return serves && !this.over
  }

  /** Has it finish what it does and take nothing new; it ends when its last connection has. Twice is once. */
  retire(reason: RestartReason | 'stop'): void {
    this.ending ??= reason
    if (this.leaving || this.over) return
    this.leaving = true
    if (process.platform !== 'win32') this.signal(leaveSignal)
    // One that the agent is not in, or not yet.
    const late = setTimeout(() => this.worker.isConnected() && this.worker.disconnect(), lingering + 1000)
    void this.exited.then(() => clearTimeout(late))
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.over && this.pid !== 0) this.worker.process.kill(signal)
  }
}

/** What is to be started in a worker. */
export interface Program {
  readonly exec: string | undefined
  readonly args: readonly string[] | undefined
  readonly execArgv: readonly string[]
  readonly uid: number | undefined
  readonly gid: number | undefined
}

/**
 * Starts one process of the application, as node:cluster does.
 *
 * @param scratch where the file of its open requests is made; it has no name there
 */
export function fork(
  program: Program,
  environment: Readonly<Record<string, string>>,
  assignment: Assignment,
  scratch: string,
): { readonly worker: Worker; readonly openRequests: OpenRequestsFile | undefined } {
  const { exec, args, execArgv, uid, gid } = program
  const openRequests = OpenRequestsFile.create(scratch)
  const usual = usualStdio()
  added = openRequests === undefined ? usual : [...usual, openRequests.descriptor]
  cluster.setupPrimary({
    ...(exec !== undefined && { exec }),
    ...(args !== undefined && { args: [...args] }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    execArgv: [...execArgv],
    stdio: added,
  })
  const assigned = { ...assignment, openRequests: openRequests === undefined ? undefined : usual.length }
  const assigning = {
    [variables.workerId[0]]: String(assignment.worker),
    [assignmentVariable]: JSON.stringify(assigned),
  }
  try {
    return { worker: cluster.fork({ ...environment, ...assigning }), openRequests }
  } catch (cause) {
    openRequests?.take()
    throw cause
  }
}

type Stdio = Exclude<NonNullable<typeof cluster.settings.stdio>, string>

let added: Stdio | undefined
let before: Stdio | undefined

/** What the application's own primary has chosen for its workers, or what node:cluster does. */
function usualStdio(): Stdio {
  const { stdio, silent } = cluster.settings
  if (before === undefined || stdio !== added) {
    const all = silent ? 'pipe' : 'inherit'
    before = Array.isArray(stdio) ? stdio : [all, all, all, 'ipc']
  }
  return before
}

/** Whether this process can have workers. */
export function isPrimary(): boolean {
  return cluster.isPrimary
}
