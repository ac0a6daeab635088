import type { FamilyDescriptor } from '../model/descriptor.js'
import { type LabelFilter, seriesKey } from '../model/series-key.js'
import type { SeriesRef } from '../model/series-ref.js'
import { type RemovalScope, removeMany, type Store } from '../store/contract.js'
import { CollectCaller, type CollectRun, collectRun } from './collect-run.js'
import { StagedSeries } from './staged-series.js'

/** The metric of a `collect()`. */
interface Collected {
  readonly family: FamilyDescriptor
  ownStore(): Store
}

/** The `collect()` of one metric, and the staged resets of its series by this or another `collect()`. */
export class Collecting {
  private readonly caller: CollectCaller | undefined
  private staged: StagedSeries | undefined

  /** @param each whether `collect` runs in every process */
  constructor(
    private readonly metric: Collected,
    collect: ((this: never) => void | Promise<void>) | undefined,
    each: boolean,
  ) {
    this.caller = collect && new CollectCaller(collect, metric, each)
  }

  /** Calls `collect()`; undefined for a metric without one. */
  get call(): (() => void | Promise<void>) | undefined {
    const { caller } = this
    return caller && (() => caller.call())
  }

  /** Returns the store in which a series is currently counted. */
  storeOf({ labelValues }: SeriesRef): Store {
    const { staged } = this
    return staged?.has(seriesKey(labelValues)) === true ? staged : this.metric.ownStore()
  }

  /**
   * Removes series from the whole application; in a `collect()` that runs in every process, only this process's part of
   * them.
   */
  remove(filter: LabelFilter, requestedScope: RemovalScope | undefined): void {
    const { family } = this.metric
    const run = this.caller === undefined ? collectRun() : this.caller.run
    const scope = requestedScope ?? (run === undefined ? 'application' : 'process')
    if (scope === 'process' && run?.staging === true) this.stage(run, filter)
    else {
      this.metric.ownStore().remove(family, filter, scope)
      this.staged?.remove(family, filter)
    }
  }

  /** Removes idle series from the whole application. Throws if other processes cannot be notified at once. */
  removeIdle(filters: readonly LabelFilter[]): void {
    const { family } = this.metric
    removeMany(this.metric.ownStore(), family, filters, 'application', true)
    for (const filter of filters) this.staged?.remove(family, filter)
  }

  /**
   * Removes this process's part of every series at once, in a `collect()` as well: another metric may be made in the place
   * of this one before the call ends.
   */
  discard(): void {
    const { family } = this.metric
    this.metric.ownStore().remove(family, {}, 'process')
    this.staged?.drop()
  }

  private stage(run: CollectRun, filter: LabelFilter): void {
    const { metric } = this
    if (this.staged === undefined) {
      this.staged = new StagedSeries(
        metric.family,
        () => metric.ownStore(),
        () => {
          this.staged = undefined
        },
      )
      run.stage(this.staged)
    }
    this.staged.remove(metric.family, filter)
  }
}
