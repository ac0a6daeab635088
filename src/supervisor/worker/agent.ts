import cluster from 'node:cluster'
import { firstSet, variables } from '../../platform/environment.js'
import { withTimeout } from '../../platform/time-limit.js'
import { clearTimeout, setInterval, setTimeout } from '../../platform/timers.js'
import {
  type Assignment,
  beatEvery,
  lastWords,
  leaveSignal,
  leavingTimes,
  settling,
  type WorkerMessage,
} from '../messages.js'
import { type MapFile, openTable } from '../open-requests.js'
import { inFlightFamily } from '../request-families.js'
import { Draining } from './draining.js'
import { RequestMetrics } from './request-metrics.js'
import { Requests } from './requests.js'
import { Watcher } from './watcher.js'

/** Signals that end a process: the supervisor decides what becomes of a worker that gets one. */
const endings = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const

/** This process's assignment; undefined where a supervised process was only its parent. */
export function assignmentOfThisProcess(): Assignment | undefined {
  const [, text] = firstSet(variables.assignment) ?? []
  if (text === undefined || !cluster.isWorker) return undefined
  const assignment = JSON.parse(text) as Assignment
  return assignment.supervisor === process.ppid ? assignment : undefined
}

/**
 * What a supervised worker does beside the application: it gives signs of life, counts requests, and leaves without
 * losing one. Loaded before the application, which needs to know nothing of it.
 *
 * @param monitor the file that watches from a thread of its own
 * @param settle sends what was counted to where it is kept; for good where the process ends behind it
 * @param map maps a file into memory, where the native addon can
 */
export function startAgent(
  assignment: Assignment,
  monitor: string,
  settle: (last: boolean) => Promise<unknown>,
  map?: MapFile,
): void {
  let tired = false
  const { worker, naming } = assignment
  const metrics = assignment.countsRequests ? new RequestMetrics(String(worker), naming) : undefined
  const inFlight = inFlightFamily(naming).labels({ worker_id: String(worker) })
  inFlight.set(0)
  const table = openTable(assignment.openRequests, map)
  const requests = new Requests(metrics, inFlight, table, (answered) => {
    if (assignment.maxRequests === 0 || answered < assignment.maxRequests || tired) return
    tired = true
    send({ promhive: 'retire', reason: 'max_requests' })
  })
  const draining = new Draining((server) => requests.watch(server))
  const watcher = assignment.timeout > 0 && assignment.report ? new Watcher(assignment, monitor) : undefined
  beat(watcher, requests.answered)
  setInterval(() => {
    beat(watcher, requests.answered)
    // Again: when it was said first, a successor may have failed.
    if (tired) send({ promhive: 'retire', reason: 'max_requests' })
  }, beatEvery).unref()
  const ownListeners = new Map<string, () => void>()
  for (const signal of endings) {
    const listener = (): void => send({ promhive: 'interrupted', signal })
    ownListeners.set(signal, listener)
    process.on(signal, listener)
  }
  // A terminal that closes sends HUP to every process; the supervisor treats it as a reload.
  process.on('SIGHUP', () => {})
  const times = leavingTimes(assignment.grace)
  let leaving = false
  let sent = false
  const leaveOnce = (): void => {
    if (sent) return
    sent = true
    void leave(ownListeners.get('SIGTERM')!, settle)
  }
  process.on(leaveSignal, async () => {
    if (leaving) return
    leaving = true
    // Connections without an end, such as WebSockets, are the application's to close, if it knows how.
    setTimeout(() => process.listenerCount('SIGTERM') > 1 && leaveOnce(), times.word).unref()
    // Every answer from now on ends its connection: a client that asks again does not find it closed under its request.
    requests.closeConnections()
    await draining.quiet(times.linger)
    if (cluster.worker?.isConnected()) cluster.worker.disconnect()
    draining.closeSessions()
  })
  process.once('disconnect', async () => {
    if (cluster.worker?.exitedAfterDisconnect !== true) return
    requests.closeConnections()
    // Ports that the workers do not share are open still.
    await draining.quiet(Number.POSITIVE_INFINITY)
    const last = setTimeout(leaveOnce, times.lastWords)
    // A listening process receives it, even if nothing else is left to do.
    if (process.listenerCount('SIGTERM') === 1) last.unref()
  })
}

/** Gives the application the word that it would get from any other process manager; one that listens for none is done. */
async function leave(own: () => void, settle: (last: boolean) => Promise<unknown>): Promise<void> {
  const last = process.listenerCount('SIGTERM') === 1
  // What it counted last, in a backend that sends it at intervals: it may end at once when it gets the word.
  const waited = setTimeout(() => {}, settling)
  await withTimeout(settle(last), settling).catch(() => {})
  clearTimeout(waited)
  process.off('SIGTERM', own)
  if (process.listenerCount('SIGTERM') === 0) process.exit()
  // A signal that is on its way keeps no process running that has nothing else to do.
  const waiting = setTimeout(() => {}, lastWords)
  process.once('SIGTERM', () => clearTimeout(waiting))
  process.kill(process.pid, 'SIGTERM')
}

function beat(watcher: Watcher | undefined, answered: number): void {
  watcher?.beat()
  send({ promhive: 'beat', answered, ...usage() })
}

/** What the supervisor cannot read itself where there is no /proc. */
function usage(): { residentBytes?: number; cpuSeconds?: number } {
  if (process.platform === 'linux') return {}
  const { user, system } = process.cpuUsage()
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 }
}

/** To a supervisor that may be gone: the message is dropped then. */
export function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
