/*
 * The names of Python's clients, for applications and recipes that are translated from it.
 */

export { CollectorRegistry } from './compat/collector-registry.js'
export { markProcessDead as mark_process_dead } from './compat/mark-process-dead.js'
export { MultiProcessCollector } from './compat/multi-process-collector.js'
export {
  MultiProcessFileBackend,
  type MultiProcessFileOptions,
  SingleProcessBackend,
} from './compat/pytheus-backends.js'
export {
  CONTENT_TYPE_LATEST,
  generateLatest,
  generateLatest as generate_latest,
  multiprocess,
} from './compat/python-exposition.js'
export { Counter } from './metric/counter.js'
export { Gauge } from './metric/gauge.js'
export { Histogram } from './metric/histogram.js'
export { Info } from './metric/info.js'
export { StateSet as Enum } from './metric/stateset.js'
export { Summary } from './metric/summary.js'
export { loadBackend, loadBackend as load_backend } from './runtime/backend/load-backend.js'
export { MultiProcessRedisBackend } from './runtime/backend/redis-metrics.js'
export { register as REGISTRY } from './runtime/default-registry.js'
