import type { Cluster } from 'node:cluster'
import { inspect } from 'node:util'
import type * as workerThreads from 'node:worker_threads'

/*
 * Modules of Node.js that take about a millisecond to load, and that many processes never load. What they say about a
 * process in which nothing has loaded them is known: Node.js itself loads them into threads and cluster workers before the
 * application, and without them no process starts any.
 */

/** Whether Node's own functions have other globals than this module, as in a test file of Jest. */
export const hasOwnGlobals = !(inspect instanceof Function)

/** Returns node:cluster if this process or what it runs has loaded it; if not, the process is a primary without workers. */
export function loadedCluster(): Cluster | undefined {
  return isLoaded('cluster') ? clusterOfNode() : undefined
}

/** Returns node:cluster, which is loaded if it was not. */
export function clusterOfNode(): Cluster {
  // The types know it as an ES module.
  return process.getBuiltinModule('node:cluster') as unknown as Cluster
}

/** Returns node:worker_threads if it has been loaded; if not, this is the main thread, and there are no others. */
export function loadedWorkerThreads(): typeof workerThreads | undefined {
  return isLoaded('worker_threads') ? process.getBuiltinModule('node:worker_threads') : undefined
}

const threads = loadedWorkerThreads()

export const isMainThread = threads?.isMainThread ?? true
export const threadId = threads?.threadId ?? 0

/** True as well where it is unknown: Bun and Deno have an empty list, and Jest gives a test file a copy of it. */
function isLoaded(name: string): boolean {
  const { moduleLoadList: list = [] } = process as { readonly moduleLoadList?: readonly string[] }
  return hasOwnGlobals || list.length === 0 || list.includes(`NativeModule ${name}`)
}
