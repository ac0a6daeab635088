/* For authors of backends: the contract, and the parts that promhive's own backends use. */

export {
  MultiProcessFileBackend,
  type MultiProcessFileOptions,
  SingleProcessBackend,
} from './compat/pytheus-backends.js'
export type { FamilyDescriptor } from './model/descriptor.js'
export { MetricsError, type MetricsErrorCode } from './model/errors.js'
export type { Exemplar } from './model/exemplar.js'
export type { GaugeMode, MetricType } from './model/metric-type.js'
export type { LabelFilter, SeriesKey } from './model/series-key.js'
export type { SeriesRef } from './model/series-ref.js'
export type {
  Backend,
  BackendContext,
  Pause,
  PlacedExemplar,
  RemovalScope,
  Slots,
  Source,
  SourceReading,
  Store,
  StoredSeries,
  WriterSnapshot,
} from './store/contract.js'
export { SeriesLog } from './store/core/series-log.js'
export { MemoryBackend, MemoryStore } from './store/memory/memory-backend.js'
export { SnapshotBackend, type SnapshotBackendOptions } from './store/snapshot/snapshot-backend.js'
export { ValueBackend } from './store/values/value-backend.js'
export type {
  GeneratedSamples,
  Value,
  ValueBackendClass,
  ValueCollector,
  ValueMetric,
  ValueRegistry,
  ValueSample,
} from './store/values/value-protocol.js'
