import { held } from '../../platform/held.js'
import type { RegistryContext } from '../../registry/registry-context.js'
import { processContext } from '../../runtime/current-context.js'
import { registerAggregated } from '../prom-client/aggregators.js'
import { openMetrics, prometheus } from '../prom-client/content-types.js'
import { aggregatorIn } from '../prom-client/metric-object.js'
import { type OwnParts, Registry as PromClientRegistry } from '../prom-client/registry.js'
import type { OpenMetricsContentType, PrometheusContentType, RegistryContentType } from '../prom-client/types.js'
import { aggregatedOrSum } from './aggregators.js'
import type { Metric, MetricObject, MetricObjectWithValues, MetricValue } from './types.js'

// The types are those of the class below: this client's differ from prom-client's.
const Base = class extends PromClientRegistry<RegistryContentType> {
  override getMetricsAsArray(aggregator?: string): ReturnType<PromClientRegistry['getMetricsAsArray']> {
    const metrics = super.getMetricsAsArray()
    return aggregator === undefined ? metrics : metrics.filter((metric) => aggregatorIn(metric) === aggregator)
  }

  override getMetricsAsJSON(aggregator?: string): ReturnType<PromClientRegistry['getMetricsAsJSON']> {
    return held(this.readObjects(aggregator))
  }
} as unknown as new (
  contentType?: RegistryContentType,
  parts?: object,
) => object

/**
 * A set of metrics that are shown together, in the client's formats. What it shows is merged over every process of the
 * application.
 *
 * @example
 * const registry = new Registry()
 * new Counter({ name: 'jobs_total', help: 'Jobs done.', registers: [registry] }).inc()
 * console.log(await registry.metrics())
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the base class has the methods
export class Registry<_BoundRegistryContentType extends RegistryContentType = RegistryContentType> extends Base {
  /** The registry of metrics that name none. It shows what promhive's own default registry shows. */
  static readonly globalRegistry: Registry = new Registry(prometheus, {
    context: processContext(),
    like: processContext().registry,
  })

  static get PROMETHEUS_CONTENT_TYPE(): PrometheusContentType {
    return prometheus
  }

  static get OPENMETRICS_CONTENT_TYPE(): OpenMetricsContentType {
    return openMetrics
  }

  /**
   * Makes a registry without metrics.
   *
   * @param regContentType the format of `metrics()`: text format 0.0.4 by default
   * @throws TypeError for a content type that is neither of the two
   */
  constructor(regContentType?: RegistryContentType)
  /** @internal */
  constructor(regContentType?: RegistryContentType, parts?: OwnParts)
  constructor(regContentType?: RegistryContentType, parts?: OwnParts) {
    super(regContentType, parts)
  }

  /**
   * Returns a registry that shows the metrics of several.
   *
   * @throws Error if their content types differ, or if two metrics have the same name
   */
  static merge(registers: Registry[]): Registry {
    const { contentType, context } = registers[0]!
    return new Registry(contentType, { context }).showing(registers)
  }

  /**
   * Returns a registry of metrics that `getMetricsAsJSON()` of several registries returned. Metrics of one name become
   * one, by the aggregator of the first of them: their sum, if it names none.
   *
   * @param metricsArr what each registry returned
   * @param registryType the content type of the new registry: text format 0.0.4 by default
   * @throws Error for an aggregator that there is not
   */
  static aggregate<T extends RegistryContentType>(
    metricsArr: object[],
    registryType: RegistryContentType = prometheus,
  ): Registry<T> {
    const registry = new Registry<T>()
    registry.setContentType(registryType)
    registerAggregated(registry, metricsArr, aggregatedOrSum)
    return registry
  }
}

export interface Registry<_BoundRegistryContentType extends RegistryContentType = RegistryContentType> {
  /** The content type of what `metrics()` returns. */
  readonly contentType: RegistryContentType
  /**
   * Chooses the format of `metrics()`.
   *
   * @throws Error for a content type that is neither of the two
   */
  setContentType(contentType: RegistryContentType): void
  /** Returns the exposition of all metrics, merged over all processes, in the content type of this registry. */
  metrics(): Promise<string>
  /** Removes every metric, every collector and the default labels. */
  clear(): void
  /** Resets every metric. */
  resetMetrics(): void
  /**
   * Registers a metric, or any object with `get()`.
   *
   * @throws Error if another metric has the name
   */
  registerMetric<T extends string>(metric: Metric<T>): void
  /** Returns every metric with its samples, merged over all processes. */
  getMetricsAsJSON(): Promise<MetricObjectWithValues<MetricValue<string>>[]>
  /** Returns the metrics of one aggregator with their samples. */
  getMetricsAsJSON(aggregator: string): Promise<MetricObjectWithValues<MetricValue<string>>[]>
  /** Returns the lines of a metric, registered here or not, or of any object with `get()`. */
  getMetricsAsString<T extends string>(metric: Metric<T>): Promise<string>
  /** Returns the metrics, in the order in which they were registered. */
  getMetricsAsArray(): MetricObject[]
  /** Returns the metrics of one aggregator. */
  getMetricsAsArray(aggregator: string): MetricObject[]
  /** Removes the metric of this name. */
  removeSingleMetric(name: string): void
  /** Returns the metric of this name; undefined if there is none. */
  getSingleMetric<T extends string>(name: string): Metric<T> | undefined
  /** Sets labels that every series of this registry shows, unless it has its own of that name. */
  setDefaultLabels(labels: object): void
  /**
   * Returns the lines of one metric.
   *
   * @throws TypeError if there is no metric of this name
   */
  getSingleMetricAsString(name: string): Promise<string>
  /** @internal */
  readonly context: RegistryContext
  /** @internal */
  showing(registers: readonly Registry[]): this
}
