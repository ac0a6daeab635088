import type { ListenOptions, Server } from 'node:net'
import { monotonicNow } from '../../platform/timers.js'

/** Milliseconds between two reports: while the system has no descriptor left, each turn of the event loop fails. */
const reportEvery = 10_000

/**
 * Waits until a server listens. Faults of the port after that, such as a connection for which the system has no descriptor
 * left, go to `onError`, at most one in ten seconds: without a listener they would end the process.
 *
 * @throws the error of `listen`
 */
export function listenOn(server: Server, options: ListenOptions, onError: (error: Error) => void): Promise<void> {
  let reportedAt = Number.NEGATIVE_INFINITY
  const report = (error: Error): void => {
    if (monotonicNow() - reportedAt < reportEvery) return
    reportedAt = monotonicNow()
    onError(error)
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      server.on('error', report)
      resolve()
    })
  })
}
