export { startWorkerTarget, type WorkerTarget } from './runtime/targets/worker-target.js'
export type { WorkerTargetOptions } from './runtime/targets/worker-target-options.js'
