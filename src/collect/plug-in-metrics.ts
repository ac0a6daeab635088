import { MetricsError } from '../model/errors.js'
import type { Family } from '../model/family.js'
import { messageOf, patiently } from './collect-hook.js'
import { familyFromValues } from './foreign.js'
import type { Registered } from './registered.js'

/** Metrics of plug-ins that bring only `get()`. One that fails is shown with its last values. */
export class PlugInMetrics {
  private readonly last = new WeakMap<Registered, Family>()

  constructor(private readonly onError: (error: MetricsError) => void) {}

  /** The metric's values; undefined for one that never gave any. */
  async ask(metric: Registered): Promise<Family | undefined> {
    try {
      const family = familyFromValues(await patiently(metric.get()))
      this.last.set(metric, family)
      return family
    } catch (cause) {
      const last = this.last.get(metric)
      const meanwhile = last === undefined ? 'the other metrics are served' : 'its last values are served'
      const text = `get() of ${metric.name} failed (${messageOf(cause)}); ${meanwhile}`
      this.onError(new MetricsError('COLLECT_FAILED', text, { cause }))
      return last
    }
  }
}
