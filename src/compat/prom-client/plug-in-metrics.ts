import { withinTimeout } from '../../gather/collect-hook.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import type { Family } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import type { RegistryMember } from '../../registry/registered-metric.js'
import { plugInFamily } from './plug-in-family.js'
import type { MetricObjectWithValues, MetricValue } from './types.js'

/** An object that a plug-in registered: any with `get()`. */
export interface PlugInMetric {
  get(): PlugInObject | PromiseLike<PlugInObject>
}

/** What it returns; its values may be missing. */
export type PlugInObject = Partial<MetricObjectWithValues<MetricValue<string>>>

/** Asks the objects that plug-ins registered for their values. One that fails is shown with its last ones. */
export class ClientPlugIns {
  /** What each returned last. */
  private readonly objects = new WeakMap<object, PlugInObject>()
  private readonly families = new WeakMap<object, Family>()

  /** @param defaultLabels returns the default labels of the registry */
  constructor(
    private readonly defaultLabels: () => LabelSet,
    private readonly onError: (error: MetricsError) => void,
  ) {}

  /** What `get()` of a metric returned when it was last asked. */
  lastOf(metric: object): PlugInObject | undefined {
    return this.objects.get(metric)
  }

  /**
   * The metric's values; undefined for one that has none that can be shown as text.
   *
   * @param taken whether another metric has a name
   */
  async ask(metric: RegistryMember, taken: (name: string) => boolean): Promise<Family | undefined> {
    try {
      const object = await withinTimeout((metric as unknown as PlugInMetric).get())
      this.objects.set(metric, object)
      const family = plugInFamily(object, this.defaultLabels())
      if (taken(family.name)) throw new TypeError(`another metric is called ${family.name}`)
      this.families.set(metric, family)
      return family
    } catch (cause) {
      const last = this.families.get(metric)
      const meanwhile = last === undefined ? 'the other metrics are served' : 'its last values are served'
      const name = metric.name === undefined ? 'a metric without a name' : JSON.stringify(metric.name)
      const text = `get() of ${name} failed (${reasonOf(cause)}); ${meanwhile}`
      this.onError(new MetricsError('COLLECT_FAILED', text, { cause }))
      return last
    }
  }
}
