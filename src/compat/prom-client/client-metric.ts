import type { Child } from '../../metric/child.js'
import type { Children } from '../../metric/children.js'
import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { emptyTable, type FamilyTable } from '../../model/family.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import type { LabelTexts } from '../../model/series-ref.js'
import { held } from '../../platform/held.js'
import type { RegistryContext } from '../../registry/registry-context.js'
import type { Store } from '../../store/contract.js'
import { type ClientRules, promClientRules } from './client-rules.js'
import { LatestExemplars } from './latest-exemplars.js'
import { definitionOf, type MetricDefinition } from './metric-definition.js'
import { metricObject } from './metric-object.js'
import { eachOwnSeries, ownSeries } from './own-series.js'
import { recordLabels, SeriesLabels } from './series-labels.js'
import type { MetricObjectWithValues, MetricValueWithName } from './types.js'
import { checkLabels, labelsOfArguments } from './validation.js'
import { WithdrawnSeries } from './withdrawn-series.js'

/** What a type of metric adds to the options that all have. */
export interface ClientType {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly defaults?: Readonly<Record<string, unknown>>
  /** The label that the type writes itself. */
  readonly reserved?: string
  /** The options for promhive's own metric, besides the common ones. */
  options?(definition: MetricDefinition): object
}

/** What the client's metrics use of promhive's own. */
interface OwnMetric<C extends Child> {
  /** @internal */
  readonly name: string
  /** @internal */
  readonly labelNames: readonly string[]
  /** @internal */
  readonly family: FamilyDescriptor
  /** @internal */
  readonly context: RegistryContext
  /** @internal */
  readonly children: Children<C>
  /** @internal */
  readonly only: C
  /** @internal */
  collect: (() => void | Promise<void>) | undefined
  /** @internal */
  find(labels: Labels): C
  /** @internal */
  remove(...values: readonly unknown[]): void
  /** @internal */
  clear(): void
  /** @internal */
  reset(): void
  /** @internal */
  start(): void
  /** @internal */
  discard(): void
  /** @internal */
  ownStore(): Store
  /** @internal */
  get(): Promise<unknown>
  /** @internal */
  checkNames(labels: Labels): void
  /** @internal */
  textOf(label: string, value: unknown): string | null
  /** @internal */
  introduce(labelValues: LabelTexts, labels: Labels): void
}

/** A metric of the client. */
export interface ClientMetric<C extends Child> extends OwnMetric<C> {
  /** @internal */
  readonly type: string
  /** @internal */
  readonly aggregator: string
  /** @internal */
  readonly enableExemplars: boolean
  /** @internal What differs between versions of the client. */
  readonly rules: ClientRules
  /** @internal Whether all labels were declared. */
  declares(labels: Labels): boolean
  /** @internal A metric without labels is not shown from now on, until it counts. */
  vanish(): void
  /** @internal The child of these labels, to be kept. */
  held(labels: Labels): C
  /** @internal What this process has counted, by the client's keys. */
  hashMap: object
  /** @internal The labels of a call of `labels()` or `remove()`. */
  labelsOf(values: readonly unknown[]): Labels
  /** @internal */
  read(): Promise<MetricObjectWithValues<MetricValueWithName<string>>>
}

type ClientMetricClass<C extends Child> = new (config: unknown, type: ClientType) => ClientMetric<C>

/** The class that a type of the client's metrics extends: promhive's own of this type, with the client's behaviour. */
export function clientMetric<C extends Child>(metricClass: unknown): ClientMetricClass<C> {
  const Own = metricClass as new (options: object) => OwnMetric<C>

  return class extends Own implements ClientMetric<C> {
    readonly type: string
    readonly aggregator: string
    readonly enableExemplars: boolean
    readonly registers: readonly unknown[]
    /** Read by the children. */
    readonly latestExemplars = new LatestExemplars()
    private readonly seriesLabels: SeriesLabels
    private vanished = false
    private withdrawn: WithdrawnSeries | undefined

    constructor(config: unknown, { type, defaults = {}, reserved, options }: ClientType) {
      const definition = definitionOf(config, new.target.prototype.rules, defaults, reserved)
      const { name, help, labelNames, registers, collect, aggregator } = definition
      // What `omit` leaves out of the sums belongs to one process: the one that answers shows its own.
      const run = aggregator === 'omit' ? 'serving' : 'each'
      super({ name, help, labelNames, registers, collect, run, ...options?.(definition) })
      this.type = type
      this.aggregator = aggregator
      this.enableExemplars = definition.enableExemplars
      this.registers = registers
      const { children, family } = this
      this.seriesLabels = new SeriesLabels(labelNames, family.labelNames, (texts) => children.numberOf(texts) > 0)
      recordLabels(family, this.seriesLabels)
      // The client assigns all options to the metric.
      for (const option of Object.keys(definition))
        if (!(option in this)) Object.assign(this, { [option]: definition[option] })
    }

    get sortedLabelNames(): readonly string[] {
      return this.family.labelNames
    }

    get rules(): ClientRules {
      return promClientRules
    }

    /** What this process has counted, by the client's keys. */
    get hashMap(): object {
      this.start()
      return ownSeries(this.ownStore(), this.family)
    }

    /** Code for the client resets a metric by an empty object. */
    set hashMap(_: object) {
      this.vanish()
      this.clear()
    }

    override start(): void {
      if (this.vanished && this.labelNames.length === 0) this.ownStore().declare?.(this.family)
      else super.start()
      this.latestExemplars?.storeIn(this.ownStore(), this.family)
    }

    override ownStore(): Store {
      return this.withdrawn?.store ?? super.ownStore()
    }

    /** Its registry has let it go; another one that shows it as well continues showing what this process counted. */
    override discard(registry?: string): void {
      if (this.withdrawn !== undefined || registry !== this.family.registry) return
      const kept = new WithdrawnSeries(this.family, this.ownStore())
      super.discard()
      this.withdrawn = kept
      this.reopen(kept.store)
    }

    /** A registry has it again. */
    rejoin(registry: string): void {
      const { withdrawn } = this
      if (withdrawn === undefined || registry !== this.family.registry) return
      this.withdrawn = undefined
      withdrawn.returnTo(this.ownStore())
      this.reopen(withdrawn.store)
    }

    /** What was counted in a store is what this metric counted: `zero()` resets it. */
    private reopen(store: Store): void {
      const { children, family } = this
      for (const [labelValues] of eachOwnSeries(store, family)) children.seek(children.refTo(labelValues)).open()
    }

    get isWithdrawn(): boolean {
      return this.withdrawn !== undefined
    }

    async withdrawnTable(): Promise<FamilyTable | undefined> {
      return this.withdrawn?.table()
    }

    vanish(): void {
      this.vanished = true
    }

    override reset(): void {
      this.vanished = false
      super.reset()
    }

    override remove(...values: readonly unknown[]): void {
      const labels = this.labelsOf(values)
      super.remove(labels)
      this.vanish()
    }

    labelsOf(values: readonly unknown[]): Labels {
      return labelsOfArguments(this.labelNames, values)
    }

    declares(labels: Labels): boolean {
      for (const label in labels) if (!this.labelNames.includes(label)) return false
      return true
    }

    held(labels: Labels): C {
      return (Own.prototype as { labels(labels: Labels): C }).labels.call(this, labels)
    }

    override get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
      return this.read()
    }

    read(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
      return held(this.readMerged())
    }

    private async readMerged(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
      this.start()
      await this.collect?.()
      const { family } = this
      const key = definitionKey(family)
      const { gatherer } = this.withdrawn ?? this.context
      const registries = new Set([family.registry])
      const gathered = await gatherer.gather({ exemplars: this.enableExemplars, perWorker: false, registries })
      try {
        const table = gathered.tables.find((candidate) => definitionKey(candidate.family) === key)
        return metricObject(this, table ?? emptyTable(family, layoutOf(family)))
      } finally {
        gathered.release()
      }
    }

    override checkNames(labels: Labels): void {
      checkLabels(this.rules, this.labelNames, labels)
    }

    /** Any value has a text in the client; one that is null or undefined, or no text at all, is a label that is not there. */
    override textOf(_label: string, value: unknown): string | null {
      return value === undefined || value === null ? null : `${value}`.toWellFormed() || null
    }

    override introduce(labelValues: LabelTexts, labels: Labels): void {
      this.seriesLabels.introduce(labelValues, labels)
    }
  } as unknown as ClientMetricClass<C>
}
