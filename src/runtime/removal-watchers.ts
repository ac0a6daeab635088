import type { RemovalWatcher } from '../metric/context.js'
import { definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import type { SeriesKey } from '../model/series-key.js'
import { WeakList } from '../model/weak-list.js'

/** The metrics of a process that forget their children when another process removes their series. */
export class RemovalWatchers {
  private readonly byDefinition = new Map<string, WeakList<RemovalWatcher>>()

  add(metric: RemovalWatcher): void {
    const key = definitionKey(metric.family)
    let watchers = this.byDefinition.get(key)
    if (watchers === undefined) this.byDefinition.set(key, (watchers = new WeakList()))
    watchers.add(metric)
  }

  removed(family: FamilyDescriptor, key: SeriesKey): void {
    for (const watcher of this.byDefinition.get(definitionKey(family)) ?? []) watcher.seriesRemoved(key)
  }
}
