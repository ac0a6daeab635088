import type { LabelValueOrNone } from '../model/label-set.js'
import type { GaugeMode } from '../model/metric-type.js'

/** One value of a collector's family. */
export interface CollectedValue {
  readonly labels?: Readonly<Record<string, LabelValueOrNone>> | undefined
  readonly value: number
}

/** A family that a collector returns. */
export interface CollectedFamily {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  /** How the gauges of several processes are merged if each process collects. The default is `livesum`. */
  readonly mode?: GaugeMode | undefined
  readonly values: readonly CollectedValue[]
}

/**
 * Gives families when asked: for numbers that something else keeps (a pool, a queue, a database).
 *
 * @example
 * register.registerCollector({
 *   name: 'pool',
 *   run: 'each',
 *   collect: () => [{ name: 'pool_idle', help: 'Idle connections.', type: 'gauge', values: [{ value: pool.idle }] }],
 * })
 */
export interface Collector {
  /** For error texts. */
  readonly name: string
  /**
   * `serving` (the default): collected in the process that answers a scrape, for numbers that belong to the application
   * as a whole, such as the length of a queue. `each`: every process collects every few seconds and publishes the result,
   * for numbers that belong to a process; the gauges of a dead process disappear.
   */
  readonly run?: 'serving' | 'each' | undefined
  collect(): readonly CollectedFamily[] | Promise<readonly CollectedFamily[]>
}
