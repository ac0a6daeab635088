import cluster, { type Address, type Worker } from 'node:cluster'
import { variables } from '../platform/environment.js'
import { processEnvironment } from '../platform/process-environment.js'
import { systemNow } from '../platform/system-time.js'
import { clearInterval, clearTimeout, monotonicNow, setInterval, setTimeout } from '../platform/timers.js'
import { onWindows } from '../platform/windows.js'
import {
  type Assignment,
  assignmentVariable,
  isWorkerMessage,
  leaveMessage,
  leaveSignal,
  lingering,
  type WorkerMessage,
} from './messages.js'
import { OpenRequestsFile } from './open-requests.js'
import { type ProcessSample, sampleProcess } from './process-sample.js'

/** The reasons for the end of a worker; each is a label value of the restarts. */
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

/** The states of a worker. */
export const workerStates = ['starting', 'running', 'blocked', 'draining', 'aborting', 'down'] as const
export type WorkerState = (typeof workerStates)[number]

export interface WorkerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Milliseconds without a new port after which a worker counts as having opened all its ports. */
const quiet = 2000

/** One process of a worker number; its successor is another process with the same number. */
export class WorkerProcess {
  /** In seconds since 1970. */
  readonly startedAt = systemNow() / 1000
  private readonly began = monotonicNow()
  readonly exited: Promise<WorkerExit>
  /** Why the supervisor ends the process; undefined while it does not. */
  ending: RestartReason | 'stop' | undefined
  /** Whether the process has opened its ports; or has loaded, if the application opens none. */
  ready = false
  over = false
  /** The time of its last sign of life, by `performance.now()`. */
  heard = monotonicNow()
  aborting = false
  /** Updates its metrics. */
  refresh: () => void = () => {}
  lastBeat: Extract<WorkerMessage, { promhive: 'beat' }> | undefined
  private beats = 0
  private leaving = false
  readonly addresses = new Set<string>()
  private readonly listeners = new Set<() => void>()

  /**
   * @param id the number, 1 to N
   * @param onMessage called with its messages, except for signs of life
   */
  constructor(
    readonly id: number,
    readonly worker: Worker,
    onMessage: (message: WorkerMessage) => void,
    /** Its open requests; undefined for a worker without the agent. */
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
      // The process could not be started; then no exit event follows.
      worker.on('error', () => {
        if (worker.process.pid === undefined) end({ code: null, signal: null })
      })
    })
  }

  get pid(): number {
    return this.worker.process.pid ?? 0
  }

  /** Seconds since its start. */
  get uptime(): number {
    return (monotonicNow() - this.began) / 1000
  }

  /** Samples the process by the kernel's numbers; without /proc, by those of its last sign of life. */
  sample(): ProcessSample | undefined {
    if (this.over) return undefined
    const { residentBytes, cpuSeconds } = this.lastBeat ?? {}
    const reported = residentBytes === undefined || cpuSeconds === undefined ? undefined : { residentBytes, cpuSeconds }
    return sampleProcess(this.pid) ?? reported
  }

  state(): WorkerState {
    if (this.over) return 'down'
    if (this.aborting) return 'aborting'
    if (this.ending !== undefined) return 'draining'
    if (!this.ready) return 'starting'
    // A worker without the agent sends no signs of life.
    return this.silence > 5000 ? 'blocked' : 'running'
  }

  /** Milliseconds since its last sign of life; 0 if it sends none. */
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
   * Waits until the process serves. Resolves to false if it ends before that, or after the timeout.
   *
   * @param like a worker, all of whose ports it must have opened; without one, the first port is sufficient
   * @param milliseconds the timeout
   */
  async serves(like: WorkerProcess | undefined, milliseconds: number, listens: () => boolean): Promise<boolean> {
    const requiredAddresses = like?.addresses ?? new Set()
    let timer: NodeJS.Timeout | undefined
    let settle: NodeJS.Timeout | undefined
    const opened = new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (this.addresses.size === 0) return
        clearTimeout(settle)
        if ([...requiredAddresses].every((address) => this.addresses.has(address))) resolve(true)
        else settle = setTimeout(resolve, quiet, true)
      }
      this.listeners.add(look)
      timer = setTimeout(() => resolve(!listens() && !this.over), milliseconds)
    })
    // An application without ports is ready when it has loaded and its event loop runs. The first sign of life comes
    // from before it was loaded.
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

  /**
   * Asks the process to finish its requests and accept no new ones; it ends after its last connection. A second call
   * does nothing.
   */
  retire(reason: RestartReason | 'stop'): void {
    this.ending ??= reason
    if (this.leaving || this.over) return
    this.leaving = true
    if (!onWindows) this.signal(leaveSignal)
    else if (this.worker.isConnected()) this.worker.process.send(leaveMessage, () => {})
    // The agent is not loaded, or not yet.
    const late = setTimeout(() => this.worker.isConnected() && this.worker.disconnect(), lingering + 1000)
    void this.exited.then(() => clearTimeout(late))
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.over && this.pid !== 0) this.worker.process.kill(signal)
  }
}

/** The program that a worker runs. */
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
 * @param scratch the directory for the file of its open requests, which has no name there
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
  acceptHere()
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

/**
 * Makes this process accept the connections and pass them on, as it does by default on other systems. On Windows, Node.js
 * lets each worker accept its own by default, and the connections that wait in a worker that ends are lost.
 */
function acceptHere(): void {
  const isDefault = processEnvironment().NODE_CLUSTER_SCHED_POLICY === undefined
  if (onWindows && isDefault) cluster.schedulingPolicy = cluster.SCHED_RR
}

type Stdio = Exclude<NonNullable<typeof cluster.settings.stdio>, string>

let added: Stdio | undefined
let before: Stdio | undefined

/** Returns the stdio that the application's own primary has chosen for its workers, or the default of node:cluster. */
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
