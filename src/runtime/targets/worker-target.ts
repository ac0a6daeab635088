import { isMainThread } from 'node:worker_threads'
import { MetricsError } from '../../model/errors.js'
import { held } from '../../platform/held.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { sharedObject } from '../../platform/test-file.js'
import { processContext } from '../current-context.js'
import { ProcessTarget, type WorkerTarget } from './process-target.js'
import type { TargetSettings } from './thread-messages.js'
import {
  targetOptionsFromEnvironment,
  targetSettings,
  targetVariable,
  type WorkerTargetOptions,
} from './worker-target-options.js'

const place = Symbol.for('promhive.worker-target')
const shared = sharedObject as { [place]?: Promise<WorkerTarget> | undefined }

/**
 * Makes this process a target of its own for Prometheus: opens an endpoint that shows the series of this process, its
 * threads included, and announces it. The endpoint is in a separate thread, so it answers while the event loop is
 * blocked. A process has one target: a further call returns the one that runs.
 *
 * The merged scrape of `startMetricsServer()` needs fewer series, and keeps the counts of ended processes:
 * docs/worker-targets.md compares both.
 *
 * @param options ports (`'9500-9599'`, or 0 for any), host (127.0.0.1), path (/metrics), advertise, labels, fileSd, tls
 * @returns the target, when it listens; if every port is taken, that is reported, and promhive tries again every second
 * @throws MetricsError `OPTION_INVALID`; `START_FAILED` in a thread, or if the process does not count in a directory;
 * `SERVER_FAILED` if the address cannot be used
 * @example
 * const target = await startWorkerTarget({ ports: '9500-9599' })
 * console.log(`this process is scraped at ${target.url}`)
 */
export function startWorkerTarget(options: WorkerTargetOptions): Promise<WorkerTarget> {
  try {
    return startTarget(targetSettings(options))
  } catch (cause) {
    return Promise.reject(cause)
  }
}

/**
 * @internal Starts the target that the environment names, unless this process has one.
 * @throws MetricsError `OPTION_INVALID`, with the name of the variable, and the errors of `startWorkerTarget`
 */
export async function startTargetOfEnvironment(): Promise<void> {
  const options = targetOptionsFromEnvironment(processEnvironment())
  if (options !== undefined && shared[place] === undefined) await startTarget(targetSettings(options, targetVariable))
}

function startTarget(settings: TargetSettings): Promise<WorkerTarget> {
  if (!isMainThread) {
    const text = 'startWorkerTarget: call it in the main thread, whose target shows the threads of the process as well'
    return Promise.reject(new MetricsError('START_FAILED', text))
  }
  if (shared[place] !== undefined) return shared[place]
  const target = new ProcessTarget(settings, processContext(), () => {
    shared[place] = undefined
  })
  const starting = held(target.start())
  shared[place] = starting
  return starting
}
