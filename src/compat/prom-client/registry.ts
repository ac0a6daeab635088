import type { Formatters } from '../../exposition/formatters.js'
import { runCollect } from '../../gather/collect-hook.js'
import type { SourceGathered } from '../../gather/source-gatherer.js'
import type { RegisteredMetric } from '../../metric/context.js'
import { defaultRegistryName, definitionKey } from '../../model/descriptor.js'
import type { MetricsError } from '../../model/errors.js'
import { emptyTable, type Family, type FamilyTable, nameOf } from '../../model/family.js'
import type { LabelSet, LabelValueOrNone } from '../../model/label-set.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { held } from '../../platform/held.js'
import { Slices } from '../../platform/slices.js'
import type { RegistryMember } from '../../registry/registered-metric.js'
import type { Registry as PromhiveRegistry } from '../../registry/registry.js'
import type { RegistryContext } from '../../registry/registry-context.js'
import { processContext } from '../../runtime/current-context.js'
import { checkContentType, isContentType, openMetrics, prometheus } from './content-types.js'
import { aggregatorIn, metricObject, type ObjectMember } from './metric-object.js'
import { plugInFamily } from './plug-in-family.js'
import { ClientPlugIns, type PlugInObject } from './plug-in-metrics.js'
import { RegistryBase } from './registry-base.js'
import { recordDeclared } from './series-labels.js'
import { clientFormatters } from './text.js'
import type {
  Metric,
  MetricObject,
  MetricObjectWithValues,
  MetricValue,
  OpenMetricsContentType,
  PrometheusContentType,
  RegistryContentType,
} from './types.js'
import { withDefaultLabels } from './with-default-labels.js'

/** What a registry is made from besides its content type. */
export interface OwnParts {
  readonly context: RegistryContext
  /** A registry of promhive's own, whose metrics this one shows. */
  readonly like?: PromhiveRegistry
}

/** A metric that continues counting when its registry has let it go. */
interface Withdrawable {
  readonly labelNames?: readonly string[]
  readonly isWithdrawn?: boolean
  rejoin?(registry: string): void
  withdrawnTable?(): Promise<FamilyTable | undefined>
}

/**
 * A set of metrics that are shown together, in the client's formats. What it shows is merged over every process of the
 * application.
 *
 * @example
 * const registry = new Registry()
 * new Counter({ name: 'jobs_total', help: 'Jobs done.', registers: [registry] }).inc()
 * console.log(await registry.metrics())
 */
export class Registry<
  BoundRegistryContentType extends RegistryContentType = PrometheusContentType,
> extends RegistryBase {
  static readonly PROMETHEUS_CONTENT_TYPE: PrometheusContentType = prometheus
  static readonly OPENMETRICS_CONTENT_TYPE: OpenMetricsContentType = openMetrics
  /** The registry of metrics that name none. It shows what promhive's own default registry shows. */
  static readonly globalRegistry: Registry = new Registry(prometheus, {
    context: processContext(),
    like: processContext().registry,
  })

  declare readonly contentType: BoundRegistryContentType
  declare private plugIns: ClientPlugIns
  /** The registries that this one was merged from. */
  private merged: readonly Registry<RegistryContentType>[] = []

  /**
   * Makes a registry without metrics.
   *
   * @param contentType the format of `metrics()`; by default text format 0.0.4
   * @throws TypeError for a content type that is neither of the two
   */
  constructor(contentType?: BoundRegistryContentType)
  /** @internal */
  constructor(contentType?: RegistryContentType, parts?: OwnParts)
  constructor(
    contentType: RegistryContentType = prometheus,
    { context, like }: OwnParts = { context: processContext() },
  ) {
    if (!isContentType(contentType)) throw new TypeError(`Content type ${contentType} is unsupported`)
    super({}, context, like)
    super.setContentType(contentType)
  }

  /**
   * Chooses the format of `metrics()`.
   *
   * @throws Error for a content type that is neither of the two
   */
  override setContentType(contentType: BoundRegistryContentType): void {
    checkContentType(contentType)
    super.setContentType(contentType)
  }

  /**
   * Registers a metric, or any object with `get()`.
   *
   * @throws Error if another metric has the name
   */
  override registerMetric<T extends string>(metric: Metric<T>): void
  /** Registers a metric of promhive's own. */
  override registerMetric(metric: RegisteredMetric): void
  override registerMetric(metric: { readonly name: string }): void {
    const other = this.contents.members.get(metric.name)
    if (other !== undefined && other !== metric) {
      throw new Error(`A metric with the name ${metric.name} has already been registered.`)
    }
    super.registerMetric(metric as RegisteredMetric)
    ;(metric as Withdrawable).rejoin?.(this.contents.name ?? '')
  }

  /** Returns the metrics, in the order in which they were registered. */
  getMetricsAsArray(): MetricObject[] {
    return this.contents.members.all() as unknown as MetricObject[]
  }

  /** Returns the metric of this name; undefined if there is none. */
  getSingleMetric<T extends string>(name: string): Metric<T> | undefined {
    return this.contents.members.get(name) as Metric<T> | undefined
  }

  /** Returns every metric with its samples, merged over all processes. */
  getMetricsAsJSON(): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    return held(this.readObjects())
  }

  /** @internal @param aggregator only metrics that have this one; all by default */
  async readObjects(aggregator?: string): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    const { families, release } = await this.gather({ exemplars: true })
    try {
      const others = new Map(families.map((family) => [nameOf(family), family]))
      const objects: PlugInObject[] = []
      const add = (object: PlugInObject, member: object): void => {
        if (aggregator === undefined || aggregatorIn(member) === aggregator) objects.push(object)
      }
      for (const member of this.contents.members.all()) {
        const object = this.objectOf(member, others.get(member.name))
        others.delete(object?.name ?? member.name)
        if (object !== undefined) add(object, member.family === undefined ? member : object)
      }
      for (const family of others.values()) {
        const object = metricObject(undefined, family)
        add(object, object)
      }
      return objects.map((object) => withDefaultLabels(object, this.contents.defaults.passedLabels)) as never
    } finally {
      release()
    }
  }

  private objectOf(member: RegistryMember, family: Family | undefined): PlugInObject | undefined {
    if (member.family === undefined) return this.plugIns.lastOf(member)
    return family === undefined ? undefined : metricObject(member as ObjectMember, family)
  }

  /**
   * Returns the lines of one metric.
   *
   * @throws TypeError if there is no metric of this name
   */
  async getSingleMetricAsString(name: string): Promise<string> {
    const metric = this.contents.members.get(name)
    if (metric === undefined) throw new TypeError(`there is no metric named ${name} in this registry`)
    return this.getMetricsAsString(metric)
  }

  /** Returns the lines of a metric, registered here or not, or of any object with `get()`. */
  getMetricsAsString(metric: object): Promise<string> {
    return held(this.textOf(metric as RegistryMember))
  }

  private async textOf(metric: RegistryMember): Promise<string> {
    const formatter = this.formatters.of(this.contentType)!
    const write = async (family: Family): Promise<string> => {
      const chunks = await formatter.formatPart([family], new Slices())
      return Buffer.concat(chunks).toString().replace(/\n$/, '')
    }
    if (metric.family === undefined) {
      const object = (await metric.get()) as unknown as PlugInObject
      return write(plugInFamily(object, this.contents.defaults.labels))
    }
    metric.start?.()
    await runCollect(metric, (error) => this.context.onError(error))
    const withdrawn = await (metric as Withdrawable).withdrawnTable?.()
    if (withdrawn !== undefined) return write(withdrawn)
    const key = definitionKey(metric.family)
    const { tables, release } = await this.context.gatherer.gather({
      exemplars: formatter.exemplars,
      registries: new Set([metric.family.registry]),
    })
    try {
      const table = tables.find(({ family }) => definitionKey(family) === key)
      return await write(table ?? emptyTable(metric.family, layoutOf(metric.family)))
    } finally {
      release()
    }
  }

  /** Sets labels that every series of this registry shows, unless it has its own of that name. */
  setDefaultLabels(labels: object): void {
    this.contents.defaults.set(labels as Readonly<Record<string, LabelValueOrNone>>)
  }

  /**
   * Returns a registry that shows the metrics of several.
   *
   * @throws Error if their content types differ, or if two metrics have the same name
   */
  static merge<T extends RegistryContentType = PrometheusContentType>(registers: Registry<T>[]): Registry<T> {
    const { contentType, context } = registers[0]!
    return new Registry<T>(contentType, { context }).showing(registers)
  }

  /** @internal Shows the metrics of other registries as well. */
  showing(registers: readonly Registry<RegistryContentType>[]): this {
    for (const registry of registers) {
      if (registry.contentType === this.contentType) continue
      throw new Error('Registers can only be merged if they have the same content type')
    }
    for (const registry of registers) for (const metric of registry.contents.members.all()) this.registerMetric(metric)
    this.merged = registers
    return this
  }

  /** @internal The names of the registries of which this one shows the metrics: its own, and those that it was merged from. */
  get shownNames(): readonly string[] {
    return [this.registryName, ...this.merged.flatMap(({ shownNames }) => shownNames)]
  }

  /** @internal */
  override shownRegistries(): ReadonlySet<string> | undefined {
    const all = [super.shownRegistries(), ...this.merged.map((registry) => registry.shownRegistries())]
    const known = all.filter((names) => names !== undefined)
    return known.length < all.length ? undefined : new Set(known.flatMap((names) => [...names]))
  }

  /** @internal What only other processes have is shown as well. */
  override owns(table: FamilyTable): boolean {
    // Another metric may have the name of a withdrawn one now.
    const { name } = table.family
    if ((this.contents.members.get(name) as Withdrawable | undefined)?.isWithdrawn) return false
    // What was registered in a merged registry since then is shown only there.
    const others = this.merged.filter((registry) => registry.contents.members.get(name) === undefined)
    return super.owns(table) || others.some((registry) => registry.owns(table))
  }

  /** @internal */
  override async prepare(): Promise<ReadonlyMap<string, Family>> {
    const foreign = new Map(await super.prepare())
    for (const member of this.contents.members.all() as readonly (RegistryMember & Withdrawable)[]) {
      if (member.family !== undefined) recordDeclared(member.family, member.labelNames ?? [])
      const table = await member.withdrawnTable?.()
      if (table !== undefined) foreign.set(member.name, table)
    }
    return foreign
  }

  /** @internal promhive's own metrics are in promhive's own registry. */
  override select(gathered: SourceGathered, foreign: ReadonlyMap<string, Family>): readonly Family[] {
    const families = super.select(gathered, foreign)
    if (this.contents.name !== defaultRegistryName || this.showsItself()) return families
    return families.filter((family) => !nameOf(family).startsWith('promhive_'))
  }

  /** @internal */
  override showsItself(): boolean {
    return this.context.showsItself(false)
  }

  /** @internal */
  override formattersFor(defaultLabels: LabelSet): Formatters {
    return clientFormatters(defaultLabels)
  }

  /** @internal */
  override plugInsOf(onError: (error: MetricsError) => void): ClientPlugIns {
    return new ClientPlugIns(() => this.contents.defaults.labels, onError)
  }
}
