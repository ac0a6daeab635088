import { clusterOfNode, isMainThread, loadedCluster, loadedWorkerThreads } from '../platform/loaded-builtins.js'
import { atNextTestFile, nodeProcess } from '../platform/test-file.js'
import { clearTimeout, setTimeout } from '../platform/timers.js'

/** The channel of all threads of the process that use promhive. */
const channelName = 'promhive'

/** Milliseconds for which a thread waits for the main thread to join, which may be busy or not count at all. */
const answerWithin = 250

/** Milliseconds, fewer than a cluster worker needs until it counts. */
const listensAfter = 20

/**
 * Calls back once, when this process starts a cluster worker or a thread, or when an earlier thread announces that it
 * counts. Listens only from the first use on: importing the package adds no listener.
 */
export function onFirstChild(joined: () => void): () => void {
  // Node emits `worker` only when a thread is started, which may have been before.
  const threads = isMainThread ? loadedWorkerThreads() : undefined
  const channel = threads && new threads.BroadcastChannel(channelName)
  let cluster = loadedCluster()
  const stop = (): void => {
    cluster?.off('fork', once)
    clearTimeout(later)
    nodeProcess.off('worker', once)
    channel?.close()
  }
  const once = (): void => {
    stop()
    joined()
  }
  if (threads !== undefined && channel !== undefined) {
    channel.onmessage = ({ data }: { readonly data?: unknown }): void => {
      if (data !== 'joined') return
      once()
      const answer = new threads.BroadcastChannel(channelName)
      answer.postMessage('answered')
      answer.close()
    }
    channel.unref()
  }
  const listen = (): void => {
    const present = (cluster = clusterOfNode())
    if (present.isPrimary) present.on('fork', once)
  }
  // Loading it takes longer than the first count or scrape, which do not wait for it.
  const later =
    cluster === undefined ? setTimeout(() => (hasWorkers() ? once() : listen()), listensAfter).unref() : undefined
  if (cluster !== undefined) listen()
  nodeProcess.on('worker', once)
  atNextTestFile(stop)
  return stop
}

/** Whether this process has started cluster workers that live. */
function hasWorkers(): boolean {
  return Object.keys(loadedCluster()?.workers ?? {}).length > 0
}

/**
 * Notifies the main thread that this thread counts in the application's directory. Resolves when the main thread has
 * joined as well, or after a timeout.
 */
export function announceThread(): Promise<void> {
  const { BroadcastChannel } = process.getBuiltinModule('node:worker_threads')
  const channel = new BroadcastChannel(channelName)
  return new Promise<void>((resolve) => {
    channel.onmessage = ({ data }: { readonly data?: unknown }): void => {
      if (data === 'answered') resolve()
    }
    channel.unref()
    setTimeout(resolve, answerWithin).unref()
    channel.postMessage('joined')
  }).finally(() => channel.close())
}
