import cluster from 'node:cluster'
import { withTimeout } from '../../platform/time-limit.js'
import { clearTimeout, setInterval, setTimeout } from '../../platform/timers.js'
import { onWindows } from '../../platform/windows.js'
import {
  type Assignment,
  beatEvery,
  lastWords,
  leaveMessage,
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

/** Signals that end a process; the supervisor decides how a worker reacts. */
const endings = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const

/**
 * Runs in a supervised worker: sends signs of life, counts requests, and leaves without losing one. It is loaded before
 * the application, which is not changed.
 *
 * @param monitor the file of the thread that monitors the event loop
 * @param settle sends the counts to the backend; for the last time if the process ends afterwards
 * @param map maps a file into memory; available with the native addon
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
    // Repeated, because a first successor may have failed.
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
  onLeave(async () => {
    if (leaving) return
    leaving = true
    // The application must close connections that do not end, such as WebSockets.
    setTimeout(() => process.listenerCount('SIGTERM') > 1 && leaveOnce(), times.word).unref()
    // Every answer from now on ends its connection, so that no connection is closed while a client sends on it.
    requests.closeConnections()
    await draining.quiet(times.linger)
    if (cluster.worker?.isConnected()) cluster.worker.disconnect()
    draining.closeSessions()
  })
  process.once('disconnect', async () => {
    if (cluster.worker?.exitedAfterDisconnect !== true) return
    requests.closeConnections()
    // Ports that the workers do not share are still open.
    await draining.quiet(Number.POSITIVE_INFINITY)
    const last = setTimeout(leaveOnce, times.lastWords)
    // A process that listens for the signal receives it, even if nothing else is left to do.
    if (process.listenerCount('SIGTERM') === 1) last.unref()
  })
}

/** Calls a listener when the supervisor asks this worker to leave. */
function onLeave(listener: () => void): void {
  if (!onWindows) return void process.on(leaveSignal, listener)
  process.on('internalMessage' as 'message', (message: unknown) => {
    if ((message as Partial<typeof leaveMessage>)?.cmd === leaveMessage.cmd) listener()
  })
}

/** Sends the application the signal that other process managers send; if it does not listen for it, the process ends. */
async function leave(listener: () => void, settle: (last: boolean) => Promise<unknown>): Promise<void> {
  const last = process.listenerCount('SIGTERM') === 1
  // Sends the last counts of a backend with intervals, because the application may end at once after the signal.
  const waited = setTimeout(() => {}, settling)
  await withTimeout(settle(last), settling).catch(() => {})
  clearTimeout(waited)
  process.off('SIGTERM', listener)
  if (process.listenerCount('SIGTERM') === 0) process.exit()
  // A pending signal does not keep a process running that has nothing else to do.
  const waiting = setTimeout(() => {}, lastWords)
  process.once('SIGTERM', () => clearTimeout(waiting))
  // On Windows, a signal would end the process at once, without its listeners.
  if (onWindows) process.emit('SIGTERM', 'SIGTERM')
  else process.kill(process.pid, 'SIGTERM')
}

function beat(watcher: Watcher | undefined, answered: number): void {
  watcher?.beat()
  send({ promhive: 'beat', answered, ...usage() })
}

/** Returns what the supervisor cannot read itself without /proc. */
function usage(): { residentBytes?: number; cpuSeconds?: number } {
  if (process.platform === 'linux') return {}
  const { user, system } = process.cpuUsage()
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 }
}

/** Sends a message; dropped if the supervisor has ended. */
export function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
