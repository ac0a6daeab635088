import type { RemovalWatcher } from '../metric/home.js'
import { definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import type { SeriesKey } from '../model/series-key.js'

/** The metrics of one definition; weakly, for a registry may be made for one request. */
interface Watchers {
  metrics: WeakRef<RemovalWatcher>[]
  /** The length at which collected entries are dropped: twice the number left the last time, so that the cost per entry is constant. */
  full: number
}

/** The metrics of a process that forget their children when another process removes their series. */
export class RemovalWatchers {
  private readonly byDefinition = new Map<string, Watchers>()

  add(metric: RemovalWatcher): void {
    const key = definitionKey(metric.family)
    let watchers = this.byDefinition.get(key)
    if (watchers === undefined) this.byDefinition.set(key, (watchers = { metrics: [], full: 8 }))
    watchers.metrics.push(new WeakRef(metric))
    if (watchers.metrics.length < watchers.full) return
    watchers.metrics = watchers.metrics.filter((watcher) => watcher.deref() !== undefined)
    watchers.full = Math.max(8, watchers.metrics.length * 2)
  }

  removed(family: FamilyDescriptor, key: SeriesKey): void {
    for (const watcher of this.byDefinition.get(definitionKey(family))?.metrics ?? [])
      watcher.deref()?.seriesRemoved(key)
  }
}
