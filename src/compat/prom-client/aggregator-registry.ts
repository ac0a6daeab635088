import { held } from '../../platform/held.js'
import { registerAggregated } from './aggregators.js'
import { clusterRegistries } from './cluster-registries.js'
import { clusterText } from './cluster-text.js'
import { prometheus } from './content-types.js'
import { Registry } from './registry.js'
import type { OpenMetricsContentType, PrometheusContentType, RegistryContentType } from './types.js'

/**
 * A registry that shows what a cluster counts, from any of its processes and at once: no worker has to answer.
 *
 * @example
 * const aggregatorRegistry = new AggregatorRegistry()
 * response.setHeader('Content-Type', aggregatorRegistry.contentType)
 * response.end(await aggregatorRegistry.clusterMetrics())
 */
export class AggregatorRegistry<T extends RegistryContentType = PrometheusContentType> extends Registry<T> {
  /** Returns the metrics of all processes, in the content type of this registry; an empty text where there are none. */
  clusterMetrics(): Promise<string> {
    return held(clusterText(this.contentType))
  }

  /**
   * Returns a registry of metrics that `getMetricsAsJSON()` of several registries returned. Metrics of one name become
   * one, by the aggregator of the first of them.
   *
   * @param metricsArr what each registry returned
   * @param registryType the content type of the new registry; by default text format 0.0.4
   * @throws Error for an aggregator that there is not
   */
  static aggregate<T extends RegistryContentType>(
    metricsArr: readonly object[],
    registryType: RegistryContentType = prometheus,
  ): Registry<T> {
    const registry = new Registry<RegistryContentType>()
    registry.setContentType(registryType)
    registerAggregated(registry, metricsArr)
    return registry as Registry<never>
  }

  /**
   * Chooses the registries that are shown for the cluster: the default registry, unless this or another process chose.
   *
   * @throws TypeError if it is not a registry
   */
  static setRegistries(
    regs:
      | (Registry<PrometheusContentType> | Registry<OpenMetricsContentType>)[]
      | Registry<PrometheusContentType>
      | Registry<OpenMetricsContentType>,
  ): void {
    clusterRegistries.choose(regs as Registry<never> | readonly Registry<never>[])
  }
}
