export type { WorkerTarget } from './runtime/targets/process-target.js'
export { startWorkerTarget } from './runtime/targets/worker-target.js'
export type { WorkerTargetOptions } from './runtime/targets/worker-target-options.js'
