import { variables } from '../platform/environment.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'

/** The assignment of a worker, passed in its environment: nothing is sent into the application's own channel. */
export interface Assignment {
  /** Pid of the supervisor: a grandchild inherits the environment, and is not a worker. */
  readonly supervisor: number
  /** 1 to N; a successor has the same. */
  readonly worker: number
  /** After so many requests it asks to be replaced; 0 for never. */
  readonly maxRequests: number
  /** Seconds without a turn of the event loop after which a report is written; 0 for never. */
  readonly timeout: number
  /** Where reports go; `promhive-reports` in the working directory when empty. */
  readonly reportDir: string
  /** Whether reports contain the environment. */
  readonly reportEnvironment: boolean
  readonly report: boolean
  /** Milliseconds that it has for leaving, before it is killed. */
  readonly grace: number
  /** False where `promhive/register` counts requests under the same names. */
  readonly countsRequests: boolean
  readonly naming: MetricNaming
  /** What the supervisor counts in; undefined where the worker may count elsewhere. */
  readonly backend?: string | undefined
  /** The descriptor of the table of open requests; undefined where there is none. */
  readonly openRequests?: number | undefined
}

export const [assignmentVariable] = variables.assignment

/** Milliseconds between two signs of life. */
export const beatEvery = 1000

/**
 * What has a worker leave: a signal that nothing else uses, and that a process without the agent never notices. A message
 * would reach the application's own listeners.
 */
export const leaveSignal = 'SIGURG'

/** Milliseconds in which a leaving worker ends its connections one by one, each with an answer, before it closes its ports. */
export const lingering = 2000

/** Milliseconds for work of the application after the last connection has ended. */
export const lastWords = 500

/** Milliseconds for what a leaving worker counted last to reach a backend that takes it at intervals. */
export const settling = 2000

/** How a worker spends the time that it has for leaving: what is left is for answers, and for the application's clean-up. */
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
  /** It was about to count in another backend than the supervisor. */
  | { readonly promhive: 'apart'; readonly text: string }

export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return typeof message === 'object' && message !== null && typeof (message as WorkerMessage).promhive === 'string'
}
