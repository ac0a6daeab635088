import type { ListenOptions, Server } from 'node:net'
import { monotonicNow } from '../../platform/timers.js'

/** Milliseconds between two reports: without a free descriptor, every turn of the event loop has an error. */
const reportEvery = 10_000

/**
 * Waits until a server listens. Later errors of the port, such as a connection for which the system has no free
 * descriptor, go to `onError`, at most one in ten seconds. Without a listener, they would end the process.
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
