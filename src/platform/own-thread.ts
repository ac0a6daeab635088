import type { Worker, WorkerOptions } from 'node:worker_threads'
import { processEnvironment } from './process-environment.js'

/**
 * Starts a thread of promhive's own. It does not keep the process running, and loads nothing of the application: neither
 * the options of this process nor those in `NODE_OPTIONS` apply to it.
 *
 * @param file the CommonJS file that it runs
 */
export function startOwnThread(file: string, workerData: unknown, options: WorkerOptions = {}): Worker {
  const threads = process.getBuiltinModule('node:worker_threads')
  // Without execArgv, the thread would load what --import names; with it, Node reads NODE_OPTIONS of `env` instead.
  const thread = new threads.Worker(file, {
    ...options,
    workerData,
    execArgv: [],
    env: { ...processEnvironment(), NODE_OPTIONS: '' },
  })
  thread.unref()
  return thread
}
