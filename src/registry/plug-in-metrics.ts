import { withinTimeout } from '../gather/collect-hook.js'
import { familyFromValues } from '../gather/prom-client-values.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import type { Family } from '../model/family.js'
import { checkPlugInValues } from './plug-in-values.js'
import type { RegistryMember } from './registered-metric.js'

/** Metrics of plug-ins that have only `get()`. One that fails is shown with its last values. */
export class PlugInMetrics {
  private readonly last = new WeakMap<RegistryMember, Family>()

  constructor(private readonly onError: (error: MetricsError) => void) {}

  /**
   * The metric's values; undefined if it never returned any.
   *
   * @param taken whether another metric has a name: some plug-ins name theirs only in `get()`
   */
  async ask(metric: RegistryMember, taken: (name: string) => boolean = () => false): Promise<Family | undefined> {
    try {
      const family = familyFromValues(checkPlugInValues(metric.name, await withinTimeout(metric.get())))
      if (taken(family.name)) throw new TypeError(`another metric is called ${family.name}`)
      this.last.set(metric, family)
      return family
    } catch (cause) {
      const last = this.last.get(metric)
      const meanwhile = last === undefined ? 'the other metrics are served' : 'its last values are served'
      const name =
        typeof metric.name === 'string' ? JSON.stringify(metric.name).slice(1, -1) : 'a metric without a name'
      const text = `get() of ${name} failed (${reasonOf(cause)}); ${meanwhile}`
      this.onError(new MetricsError('COLLECT_FAILED', text, { cause }))
      return last
    }
  }
}
