import cluster from 'node:cluster'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { atNextTestFile, nodeProcess } from '../platform/test-file.js'
import { setTimeout } from '../platform/timers.js'

/** The channel of all threads of the process that use promhive. */
const channelName = 'promhive'

/** Milliseconds for which a thread waits for the main thread to join, which may be busy or not count at all. */
const answerWithin = 250

/**
 * Calls back once, when this process starts a cluster worker or a thread, or when an earlier thread announces that it
 * counts. Listens only from the first use on: importing the package adds no listener.
 */
export function onFirstChild(joined: () => void): () => void {
  // Node emits `worker` only when a thread is started, which may have been before.
  const channel = isMainThread ? new BroadcastChannel(channelName) : undefined
  const stop = (): void => {
    cluster.off('fork', once)
    nodeProcess.off('worker', once)
    channel?.close()
  }
  const once = (): void => {
    stop()
    joined()
  }
  if (channel !== undefined) {
    channel.onmessage = ({ data }: { readonly data?: unknown }): void => {
      if (data !== 'joined') return
      once()
      const answer = new BroadcastChannel(channelName)
      answer.postMessage('answered')
      answer.close()
    }
    channel.unref()
  }
  if (cluster.isPrimary) cluster.on('fork', once)
  nodeProcess.on('worker', once)
  atNextTestFile(stop)
  return stop
}

/**
 * Notifies the main thread that this thread counts in the application's directory. Resolves when the main thread has
 * joined as well, or after a timeout.
 */
export function announceThread(): Promise<void> {
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
