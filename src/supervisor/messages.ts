import { variables } from '../platform/environment.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'

/**
 * The assignment of a worker. It is passed in the environment, because messages would reach the application's own
 * channel.
 */
export interface Assignment {
  /** Pid of the supervisor. A grandchild inherits the environment, but is not a worker. */
  readonly supervisor: number
  /** 1 to N; a successor has the same number. */
  readonly worker: number
  /** Number of requests after which the worker asks to be replaced; 0 for never. */
  readonly maxRequests: number
  /** Seconds for which the event loop must be blocked before a report is written; 0 for never. */
  readonly timeout: number
  /** The directory of reports; `promhive-reports` in the working directory if empty. */
  readonly reportDir: string
  /** Whether reports contain the environment. */
  readonly reportEnvironment: boolean
  readonly report: boolean
  /** Milliseconds for leaving, before the worker is killed. */
  readonly grace: number
  /** False if `promhive/register` counts requests under the same names. */
  readonly countsRequests: boolean
  readonly naming: MetricNaming
  /** The backend of the supervisor; undefined if the worker may use another one. */
  readonly backend?: string | undefined
  /** The descriptor of the table of open requests; undefined if there is none. */
  readonly openRequests?: number | undefined
}

export const [assignmentVariable] = variables.assignment

/** Milliseconds between two signs of life. */
export const beatEvery = 1000

/**
 * The signal that asks a worker to leave. Nothing else uses it, and a process without the agent ignores it. A message
 * would reach the application's own listeners.
 */
export const leaveSignal = 'SIGURG'

/**
 * The same where processes cannot send signals to each other, on Windows. node:child_process gives a message whose `cmd`
 * begins with `NODE_` to `internalMessage` listeners only, so the application's own do not receive it.
 */
export const leaveMessage = { cmd: 'NODE_PROMHIVE_LEAVE' } as const

/** Milliseconds in which a leaving worker ends each connection with its next answer, before it closes its ports. */
export const lingering = 2000

/** Milliseconds for clean-up of the application after the last connection has ended. */
export const lastWords = 500

/** Milliseconds for the last counts of a leaving worker to reach a backend that sends them at intervals. */
export const settling = 2000

/** Divides the time that a worker has for leaving; the rest is for answers and for the clean-up of the application. */
export function leavingTimes(grace: number): LeavingTimes {
  return { linger: Math.min(lingering, grace / 2), lastWords: Math.min(lastWords, grace / 8), word: grace * 0.8 }
}

interface LeavingTimes {
  readonly linger: number
  readonly lastWords: number
  /** Milliseconds after which the application receives the signal although clients are still connected. */
  readonly word: number
}

/** A message of a worker to its supervisor. */
export type WorkerMessage =
  | {
      readonly promhive: 'beat'
      readonly answered?: number
      readonly residentBytes?: number
      readonly cpuSeconds?: number
    }
  | { readonly promhive: 'retire'; readonly reason: 'max_requests' }
  | { readonly promhive: 'interrupted'; readonly signal: string }
  /** The worker was about to count in another backend than the supervisor. */
  | { readonly promhive: 'apart'; readonly text: string }

export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return typeof message === 'object' && message !== null && typeof (message as WorkerMessage).promhive === 'string'
}
