import type { Formatters } from '../exposition/formatters.js'
import { runCollect } from '../gather/collect-hook.js'
import type { Gathered, GatherRequest } from '../gather/gatherer.js'
import { valuesOf } from '../gather/prom-client-values.js'
import type { QueueLimits } from '../gather/scrape-queue.js'
import { type Exposed, Scrapes } from '../gather/scrapes.js'
import { selfFamilies } from '../gather/self-metrics.js'
import type { SourceGathered } from '../gather/source-gatherer.js'
import { type Turn, Turns } from '../gather/turns.js'
import type { MetricRegistry, RegisteredMetric } from '../metric/context.js'
import type { MetricValues } from '../metric/metric-values.js'
import { defaultRegistryName } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { type Family, type FamilyTable, familiesNamed, nameOf } from '../model/family.js'
import type { LabelSet, LabelValueOrNone } from '../model/label-set.js'
import { checkPrefix } from '../model/metric-name.js'
import { holdAwaited } from '../platform/held.js'
import { setImmediate } from '../platform/timers.js'
import type { Collector } from './collector.js'
import { PlugInMetrics } from './plug-in-metrics.js'
import type { RegistryMember } from './registered-metric.js'
import { RegistryContents } from './registry-contents.js'
import { type RegistryContext, registryContext } from './registry-context.js'
import { checkRegistryName } from './registry-name.js'
import { checkRegistryOptions, type RegistryOptions } from './registry-options.js'
import { shownFamilies } from './shown-families.js'

/** Milliseconds that a gathering may take until it is released, `collect()` of the metrics included. */
const longest = 120_000

/**
 * A set of metrics that are shown together. `metrics()` is the merged view of every process of the application.
 *
 * @example
 * const registry = new Registry()
 * new Counter({ name: 'jobs_total', help: 'Jobs done.', registers: [registry] }).inc()
 * console.log(await registry.metrics())
 */
export class Registry implements MetricRegistry {
  static readonly PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
  static readonly OPENMETRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

  readonly prefix: string
  readonly scope: 'application' | 'process'
  /** @internal */
  readonly context: RegistryContext
  /** @internal */
  readonly contents: RegistryContents
  private readonly plugIns: Pick<PlugInMetrics, 'ask'>
  private written: { readonly labels: LabelSet; readonly formatters: Formatters } | undefined
  private ownType: string = Registry.PROMETHEUS_CONTENT_TYPE
  private readonly turns = new Turns(longest)
  private readonly scrapes = new Scrapes(
    this,
    () => this.formatters,
    () => this.ownType,
  )

  /** Creates a registry without metrics. */
  constructor(options?: RegistryOptions)
  /** @internal */
  constructor(options?: RegistryOptions, context?: RegistryContext, like?: Registry)
  /** @param like a registry whose metrics this one also shows, present and future ones */
  constructor(options: RegistryOptions = {}, context: RegistryContext = registryContext(), like?: Registry) {
    const checked = checkRegistryOptions(options)
    if (like === undefined) checkRegistryName(checked.name, context.registry === undefined)
    this.scope = checked.scope
    this.context = checked.scope === 'process' ? context.apart() : context
    this.prefix = checkPrefix(checked.prefix)
    this.contents = like?.contents ?? new RegistryContents(this, checked, this.context)
    this.plugIns = this.plugInsOf((error) => this.context.onError(error))
  }

  /** The name of the registry, or a generated one, from its first metric on. */
  get registryName(): string {
    return this.contents.registryName()
  }

  /** The content type of `metrics()`, and of the answer to a scrape without a preference. */
  get contentType(): string {
    return this.ownType
  }

  /**
   * Chooses the format of `metrics()`: text format 0.0.4 by default.
   *
   * @throws MetricsError `OPTION_INVALID` for a content type that promhive does not write, or not as text
   * @example registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
   */
  setContentType(type: string): void {
    if (this.formatters.of(type)?.isText !== true) {
      const ours = `${Registry.PROMETHEUS_CONTENT_TYPE}" or "${Registry.OPENMETRICS_CONTENT_TYPE}`
      throw new MetricsError('OPTION_INVALID', `Content type ${type} is unsupported; use "${ours}"`)
    }
    this.ownType = type
  }

  /** The exposition of the whole application, in the registry's own content type. */
  metrics(): Promise<string> {
    return this.scrapes.text()
  }

  /** The same as bytes, in chunks. */
  chunks(): Promise<readonly Uint8Array[]> {
    return this.scrapes.chunks()
  }

  /**
   * What a server answers: the exposition in the format that the Accept header of the scrape asks for.
   *
   * @param names only the families of these names, as a scrape asks for with `name[]=…`; all by default
   * @param limits a signal that drops the scrape while it waits for its turn, and the maximum of queued scrapes
   * @throws the signal's reason when it was dropped; MetricsError `SCRAPE_REFUSED` when too many wait
   * @example
   * const { contentType, chunks } = await register.expose(request.headers.accept)
   * response.setHeader('Content-Type', contentType).end(Buffer.concat(chunks))
   */
  expose(accept?: string, names: readonly string[] = [], limits: QueueLimits = {}): Promise<Exposed> {
    return this.scrapes.expose(accept, names, limits)
  }

  /** Adds a metric. Throws `NAME_TAKEN` if another one has the name, `REGISTER_INVALID` if it counts elsewhere. */
  registerMetric(metric: RegisteredMetric & { readonly context?: unknown }): void {
    if (metric.context !== undefined && metric.context !== this.context) {
      const text = `${metric.name}: a registry with scope "process" shows only metrics of its own, and no other shows them`
      throw new MetricsError('REGISTER_INVALID', text)
    }
    this.contents.members.add(metric)
    // A metric without labels is shown from the start; after this turn, so that configure() runs first.
    setImmediate(() => this.contents.members.start(metric)).unref()
  }

  /** Returns the metric of this name; undefined if there is none. */
  getSingleMetric(name: string): RegisteredMetric | undefined {
    return this.contents.members.get(name)
  }

  /** Returns the metrics, in the order in which they were registered. */
  getMetricsAsArray(): RegisteredMetric[] {
    return this.contents.members.all()
  }

  /** Every metric with its samples, merged over all processes, in prom-client's shape. */
  async getMetricsAsJSON(): Promise<MetricValues[]> {
    const { families, defaultLabels, release } = await this.gather()
    try {
      return families.map((family) => valuesOf(family, defaultLabels))
    } finally {
      release()
    }
  }

  /** The lines of one metric in the exposition. */
  getSingleMetricAsString(name: string): Promise<string> {
    return this.scrapes.textOf(name)
  }

  /**
   * Adds labels to every series that has no label of that name. Set the same ones in every process: a scrape shows the sums
   * of all, with the labels of the process that answers. If processes differ, `DEFAULT_LABELS_DIFFER` is reported.
   */
  setDefaultLabels(labels: Readonly<Record<string, LabelValueOrNone>>): void {
    this.contents.defaults.set(labels)
  }

  /** Removes the metric of this name, if there is one. */
  removeSingleMetric(name: string): void {
    this.contents.members.remove(name, this.contents.name)
  }

  /** Adds a collector, for numbers that are stored elsewhere. Throws `OPTION_INVALID` if it is not a collector. */
  registerCollector(collector: Collector): void {
    this.contents.collectors.add(collector)
  }

  /** Removes a collector, and returns whether it was registered. Its published metrics stay until the process ends. */
  unregisterCollector(collector: Collector): boolean {
    return this.contents.collectors.remove(collector)
  }

  /** Removes every metric and collector, and the default labels. */
  clear(): void {
    this.contents.collectors.clear()
    for (const { name } of this.contents.members.all()) this.removeSingleMetric(name)
    this.setDefaultLabels({})
  }

  /** Resets every metric. */
  resetMetrics(): void {
    for (const metric of this.contents.members.all()) metric.reset?.()
  }

  /** One registry that shows the metrics of several. */
  static merge(registries: readonly Registry[]): Registry {
    const merged = new Registry()
    const [type, another] = new Set(registries.map((registry) => registry.contentType))
    if (type !== undefined && another === undefined) merged.setContentType(type)
    for (const { contents } of registries) for (const metric of contents.members.all()) merged.registerMetric(metric)
    return merged
  }

  /** The formats of this registry, with the current default labels. */
  private get formatters(): Formatters {
    const { labels } = this.contents.defaults
    if (this.written?.labels !== labels) this.written = { labels, formatters: this.formattersFor(labels) }
    return this.written.formatters
  }

  /** @internal */
  protected formattersFor(defaultLabels: LabelSet): Formatters {
    return this.context.formatters(defaultLabels)
  }

  /** @internal Returns the reader of metrics of plug-ins. */
  protected plugInsOf(onError: (error: MetricsError) => void): Pick<PlugInMetrics, 'ask'> {
    return new PlugInMetrics(onError)
  }

  /** @internal Whether promhive's own state is shown with the metrics of the default registry. */
  protected showsItself(): boolean {
    return this.context.showsItself()
  }

  /** @internal Calls `collect()` of every metric, and gathers the families of this registry. */
  async gather(request: GatherRequest = {}): Promise<Gathered> {
    const turn = await this.turns.take(request)
    try {
      return await turn.within(this.gatherInTurn(turn, request))
    } catch (cause) {
      turn.end()
      throw cause
    }
  }

  private async gatherInTurn(turn: Turn, { names, exemplars, perWorker }: GatherRequest): Promise<Gathered> {
    // Application code runs before the turn at the source: it may read the values of other metrics.
    const foreign = await this.prepare()
    const gathered = await this.context.gatherer.gather({ exemplars, perWorker, registries: this.shownRegistries() })
    const release = (): void => {
      gathered.release()
      turn.end()
    }
    try {
      await this.contents.expiring.run(gathered.tables, gathered.pause, (table) => this.expiringIn(table))
      this.contents.defaults.check(gathered.hidden)
      turn.check()
      const families = familiesNamed(this.select(gathered, foreign), names)
      return { ...gathered, families, defaultLabels: this.contents.defaults.labels, release }
    } catch (cause) {
      release()
      throw cause
    }
  }

  /** @internal Calls `collect()` of every metric; returns the families of plug-ins that have only `get()`. */
  async prepare(): Promise<ReadonlyMap<string, Family>> {
    const members = this.contents.members.all()
    for (const metric of members) metric.start?.()
    const foreign = new Map<string, Family>()
    const bringUpToDate = async (metric: RegistryMember): Promise<void> => {
      if (metric.family !== undefined) return runCollect(metric, (error) => this.context.onError(error))
      const family = await this.plugIns.ask(metric, (name) => (this.contents.members.get(name) ?? metric) !== metric)
      if (family !== undefined) foreign.set(metric.name, family)
    }
    const [collected] = await Promise.all([this.contents.collectors.collect(), ...members.map(bringUpToDate)])
    for (const family of collected) if (!foreign.has(nameOf(family))) foreign.set(nameOf(family), family)
    return foreign
  }

  /** The metric of a table whose idle series are removed; undefined without one. */
  private expiringIn(table: FamilyTable): RegistryMember | undefined {
    const metric = this.contents.members.get(table.family.name)
    return metric?.expireAfter !== undefined && this.owns(table) ? metric : undefined
  }

  /** @internal Its families: its members in their order, and in the default registry the families of any process. */
  select(gathered: SourceGathered, foreign: ReadonlyMap<string, Family>): readonly Family[] {
    const tables = gathered.tables.filter((table) => this.owns(table))
    const families = shownFamilies(this.contents.members.all(), tables, foreign)
    const itself = this.contents.name === defaultRegistryName && this.showsItself()
    return itself ? [...families, ...selfFamilies(gathered)] : families
  }

  /** @internal The names of the registries whose tables it may show; undefined for all. */
  shownRegistries(): ReadonlySet<string> | undefined {
    return this.contents.shownRegistries()
  }

  /** @internal Whether this registry shows a table. */
  protected owns(table: FamilyTable): boolean {
    const { name, registry } = table.family
    const member = this.contents.members.get(name)
    if (member?.family !== undefined) return member.family.registry === registry
    if (registry !== this.contents.name || registry.startsWith('~')) return false
    // Without a member here: of another process, of another registry of this name, or of a removed member.
    return this.context.isShared() || this.context.registries.hasMember(registry, table.family)
  }
}

holdAwaited(Registry.prototype, 'getMetricsAsJSON')
