import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { checkLabelNames, labelText, ownValue } from '../model/label-set.js'
import { checkHelp, checkMetricName, unitOf } from '../model/metric-name.js'
import type { Labels } from '../model/series-index/series-numbers.js'
import { type LabelFilter, labelValuesOf, matches, type SeriesKey } from '../model/series-key.js'
import type { LabelTexts, SeriesRef } from '../model/series-ref.js'
import { held } from '../platform/held.js'
import type { Store } from '../store/contract.js'
import type { Child, ChildOwner } from './child.js'
import { Children } from './children.js'
import { Collecting } from './collecting.js'
import { type MetricContext, metricContext } from './context.js'
import {
  checkCollect,
  checkDefaultLabels,
  checkExpireAfter,
  checkFilter,
  checkLabelObject,
  checkLimit,
  checkMetricOptions,
  checkRegisters,
  checkRequired,
  checkScope,
  labelsByName,
  oneOf,
  unknownLabel,
} from './definition.js'
import type { MetricValues } from './metric-values.js'
import type {
  AnyLabels,
  ChildOfSome,
  LabelsArguments,
  LabelValues,
  MetricOptions,
  RemoveOptions,
  SomeLabels,
} from './options.js'
import { SeriesLimit } from './series-limit.js'

/** What the type of a metric adds to the common part of its descriptor. */
export type TypePart<F extends FamilyDescriptor> = Omit<F, 'name' | 'help' | 'labelNames' | 'registry' | 'unit'>

/** A metric of any type: its definition, its children by label values, and the common behaviour of all types. */
export abstract class LabelledMetric<L extends string, C extends Child, D extends L = never> {
  readonly name: string
  readonly help: string
  /** As declared, which is the order of positional label values. */
  readonly labelNames: readonly L[]
  /** @internal */
  readonly family: FamilyDescriptor
  /** @internal Updates the metric before a scrape. */
  readonly collect: (() => void | Promise<void>) | undefined
  /** @internal Whether `inc` and `observe` accept prom-client's object of labels, value and exemplarLabels. */
  protected readonly exemplarForm: boolean
  /** @internal The child of the series without labels, which is the only one of a metric without labels. */
  protected readonly only: C
  private readonly onlyKey: SeriesKey
  /** @internal */
  readonly context: MetricContext
  /** Whether the values belong to no process: only the process that answers a scrape shows its own. */
  private readonly local: boolean
  /** @internal Whether `collect` runs in every process at intervals, and not only for a scrape. */
  readonly collectsEach: boolean
  /** @internal Seconds after which a series without counts is removed. */
  expireAfter: number | undefined
  /** `labelNames` in alphabetical order, as in keys. */
  private readonly names: readonly string[]
  /** @internal */
  readonly children: Children<C>
  private readonly defaults: Labels
  private readonly required: readonly string[]
  private readonly limit: SeriesLimit
  private readonly collecting: Collecting

  /** @internal */
  protected constructor(
    options: MetricOptions<L, never, D>,
    known: object,
    part: (name: string) => TypePart<FamilyDescriptor>,
    reserved: readonly string[] | 'perWriter' = [],
  ) {
    checkMetricOptions(options, known)
    const { name: unprefixedName, help, unit, labelNames, registers, collect, run = 'each' } = options
    const registries = checkRegisters(String(unprefixedName), registers)
    checkMetricName(unprefixedName)
    const name = `${registries[0]?.prefix ?? ''}${unprefixedName}`
    checkHelp(name, help)
    checkCollect(name, collect)
    oneOf(name, 'run', run, ['each', 'serving'])
    this.context = registries[0]?.context ?? metricContext()
    this.names = checkLabelNames(name, labelNames, reserved === 'perWriter' ? [this.context.workerLabel] : reserved)
    this.local = run === 'serving'
    this.required = checkRequired(name, this.names, options)
    this.collectsEach = collect !== undefined && run === 'each'
    this.defaults = checkDefaultLabels(name, this.names, options.defaultLabels)
    const limit = checkLimit(name, options)
    this.expireAfter = checkExpireAfter(name, options.expireAfter)
    this.exemplarForm = options.enableExemplars === true
    this.name = name
    this.help = help.toWellFormed()
    this.labelNames = [...(labelNames ?? [])]
    const registry = registries[0]?.registryName ?? this.context.nextNameless('metric')
    const parts = part(name)
    const measured = unitOf(name, parts.type, unit)
    this.family = { ...parts, name, help: this.help, ...measured, labelNames: this.names, registry } as FamilyDescriptor
    this.collecting = new Collecting(this, collect, run === 'each')
    this.collect = this.collecting.call
    const unlabelled = this.textsOfLabels({})
    this.children = new Children(this.family, unlabelled, (texts) => this.make(this.family, this, texts))
    this.only = this.make(this.family, this, unlabelled)
    this.onlyKey = this.only.key
    this.limit = new SeriesLimit(
      name,
      limit,
      this.context,
      this.children,
      unlabelled,
      () => this.ownStore().settle?.() ?? false,
    )
    this.context.watchRemovals(this)
    for (const each of registries) each.registerMetric(this)
  }

  /** Returns the child of these label values. Keep it if the same values are counted often. */
  labels(...values: LabelsArguments<L, D>): C
  /** With some of the labels, returns a child whose `labels()` accepts the others. */
  labels<P extends object & Partial<LabelValues<L>>>(some: SomeLabels<L, P>): ChildOfSome<C, L, D, keyof P>
  // Repeated, because ReturnType and the error texts of the compiler use the last overload.
  labels(...values: LabelsArguments<L, D>): C
  labels(...values: readonly unknown[]): C {
    const [first] = values
    const labels = typeof first === 'object' && first !== null ? (first as Labels) : labelsByName(this, values)
    const series = this.children.find(labels) || this.resolve(labels)
    if (typeof series === 'number') return this.children.hold(series)
    this.limit.check(series)
    if (this.names.length === 0) return this.only
    this.introduce(series.labelValues, labels)
    return this.make(this.family, this, series.labelValues)
  }

  /**
   * Removes one series from the whole application, or with `{ scope: 'process' }` only this process's part of it. The
   * next scrape in any process shows the removal; later counts with these label values begin a new series.
   */
  remove(...values: LabelsArguments<L, D> | [labels: LabelValues<L, D>, options: RemoveOptions]): void {
    const [first, options] = values as readonly unknown[]
    const named = typeof first === 'object' && first !== null
    const labels = named ? (first as Labels) : labelsByName(this, values)
    this.checkNames(labels)
    const texts = this.textsOfLabels(labels)
    const filter = Object.fromEntries(this.names.map((name, i) => [name, texts[i]!]))
    this.removeAll(filter, named ? (options as RemoveOptions | undefined) : undefined)
  }

  /** Removes every series whose labels have these values, whatever its other labels are. */
  removeByLabels(labels: AnyLabels<L>, options?: RemoveOptions): void {
    checkFilter(this.name, labels)
    const pairs = Object.entries(labels as Labels)
    for (const [name] of pairs) if (!this.names.includes(name)) throw unknownLabel(this, name)
    this.removeAll(Object.fromEntries(pairs.map(([name, value]) => [name, labelText(this.name, name, value)])), options)
  }

  /** Removes every series. */
  clear(options?: RemoveOptions): void {
    this.removeAll({}, options)
  }

  /** Removes every series. A metric without labels is 0 again. */
  reset(options?: RemoveOptions): void {
    this.clear(options)
    this.start()
  }

  /** @internal Called when the registry removes the metric: the counts of this process are no longer shown. */
  discard(): void {
    this.removing([{}], () => this.collecting.discard())
  }

  /** @internal Called when a series was removed: releases its child. */
  seriesRemoved(key: SeriesKey): void {
    if (key === this.onlyKey) this.only.detach()
    const number = this.children.numberOf(labelValuesOf(key))
    if (number > 0) this.children.forget(number)
  }

  /** @internal Removes series that were idle for long; returns false if that is not possible now. */
  expire(series: readonly LabelFilter[]): boolean {
    return this.removing(series, () => this.collecting.removeIdle(series))
  }

  /** @internal */
  protected removeAll(filter: LabelFilter, options?: RemoveOptions): void {
    const scope = checkScope(this.name, options)
    this.removing([filter], () => this.collecting.remove(filter, scope))
  }

  private removing(filters: readonly LabelFilter[], remove: () => void): boolean {
    try {
      remove()
    } catch (error) {
      this.onError(error as MetricsError) // The series stay, and the request of the application continues.
      return false
    }
    for (const filter of filters) {
      if (matches(this.names, this.onlyKey, filter)) this.only.detach()
      for (const number of this.children.select(filter)) this.children.forget(number)
    }
    return true
  }

  /** Runs the metric's `collect()`; resolves to its samples, merged over all processes, in prom-client's form. */
  get(): Promise<MetricValues> {
    return held(this.read())
  }

  private async read(): Promise<MetricValues> {
    this.start()
    await this.collect?.()
    return this.context.read(this)
  }

  /** @internal Shows a metric without labels from the start, at 0; of a metric with labels, the store may have series. */
  start(): void {
    if (this.names.length === 0) this.only.open()
    else this.ownStore().declare?.(this.family)
  }

  /** @internal */
  ownStore(): Store {
    return this.local ? this.context.localStore() : this.context.store()
  }

  /** @internal */
  storeOf = (series: SeriesRef): Store => this.collecting.storeOf(series)

  /** @internal */
  onError = (error: MetricsError): void => this.context.onError(error)

  /** @internal Throws for a series without a required label. */
  admit(series: SeriesRef): SeriesRef | undefined {
    const missing = this.required.filter((name) => series.labelValues[this.names.indexOf(name)] === null)
    if (missing.length === 0) return this.limit.admit(series)
    throw new MetricsError('LABEL_MISSING', `${this.name} cannot be counted without a value for ${missing.join(', ')}`)
  }

  /** @internal Returns the child with further labels, of a child that has some. */
  childWith(texts: LabelTexts, labels: Labels): Child {
    const before = Object.fromEntries(this.names.flatMap((name, i) => (texts[i] === null ? [] : [[name, texts[i]]])))
    return this.labels({ ...before, ...labels } as LabelValues<L, D>)
  }

  /** @internal Creates a child of these label values; without them, the shared child. */
  protected abstract make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): C

  /** @internal Returns a child of these label values, to be used at once: the next call may move it to other values. */
  protected find(labels: Labels): C {
    return this.children.reach(labels) ?? this.findSlowly(labels)
  }

  private findSlowly(labels: Labels): C {
    const series = this.resolve(labels)
    if (typeof series === 'number') return this.children.reachNumber(series)
    if (this.names.length === 0) return this.only
    this.introduce(series.labelValues, labels)
    return this.children.seek(series)
  }

  /** @internal Called with the labels, as they were passed, of a series that this metric has not counted in. */
  protected introduce(_labelValues: LabelTexts, _labels: Labels): void {}

  /** Returns the number of a series that `find` and `reach` did not find; a reference for an uncounted one. */
  private resolve(labels: Labels): number | SeriesRef {
    const { children } = this
    const located = children.locate(labels)
    if (located !== undefined && children.counts(located)) return located
    this.checkNames(labels)
    const labelValues = this.textsOfLabels(labels)
    if (located !== undefined) return { number: located, labelValues }
    const series = children.refTo(labelValues)
    if (!children.counts(series.number)) return series
    children.alias(labels, series.number)
    return series.number
  }

  /** @internal Throws for a label that was not declared, and for an object that cannot have labels. */
  protected checkNames(labels: Labels): void {
    checkLabelObject(`${this.name}: labels`, labels)
    for (const name of Object.keys(labels)) if (!this.names.includes(name)) throw unknownLabel(this, name)
  }

  private textsOfLabels(labels: Labels): LabelTexts {
    return this.names.map((name) => this.textOf(name, ownValue(labels, name) ?? this.defaults[name]))
  }

  /** @internal The text of a label's value; null for a label that the series lacks. */
  protected textOf(label: string, value: unknown): string | null {
    return labelText(this.name, label, value)
  }
}
