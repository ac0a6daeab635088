import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { checkLabelNames, labelText } from '../model/label-set.js'
import { checkHelp, checkMetricName, unitOf } from '../model/metric-name.js'
import { type LabelFilter, labelValuesOf, matches, type SeriesKey, seriesKey } from '../model/series-key.js'
import type { Labels, LabelTexts } from '../model/series-numbers.js'
import type { Store } from '../store/backend.js'
import type { Child, ChildOwner } from './child.js'
import { Children } from './children.js'
import {
  checkCollect,
  checkDefaultLabels,
  checkExpireAfter,
  checkFilter,
  checkLimit,
  checkMetricOptions,
  checkRegisters,
  checkRequired,
  checkScope,
  oneOf,
  type SeriesLimit,
} from './definition.js'
import { type Home, theHome } from './home.js'
import type { MetricValues } from './metric-values.js'
import type { ChildOfSome, LabelsArguments, LabelValues, MetricOptions, RemoveOptions, SomeLabels } from './options.js'

/** What the type of a metric adds to the common part of its descriptor. */
export type TypePart<F extends FamilyDescriptor> = Omit<F, 'name' | 'help' | 'labelNames' | 'registry' | 'unit'>

/** A metric of any type: its definition, its children by label values, and what all types do alike. */
export abstract class LabelledMetric<L extends string, C extends Child, D extends L = never> implements ChildOwner {
  readonly name: string
  readonly help: string
  /** As declared: the order of positional label values. */
  readonly labelNames: readonly L[]
  /** @internal */
  readonly family: FamilyDescriptor
  /** @internal Brings the metric up to date before a scrape. */
  readonly collect: (() => void | Promise<void>) | undefined
  /** Whether `inc` and `observe` take prom-client's object of labels, value and exemplarLabels. */
  protected readonly exemplarForm: boolean
  /** The series without any label: the only one of a metric without labels. */
  protected readonly only: C
  /** @internal */
  readonly home: Home
  /** Counts what belongs to no process in particular: only the process that answers a scrape shows its own. */
  private readonly local: boolean
  /** @internal Whether `collect` runs in every process now and then, and not only where a scrape is answered. */
  readonly collectsEach: boolean
  /** @internal Seconds after which a series that nobody counts in is removed. */
  readonly expireAfter: number | undefined
  /** `labelNames` in alphabetical order, as keys and branches have them. */
  private readonly names: readonly string[]
  /** @internal */
  readonly children: Children<C>
  private readonly defaults: Labels
  private readonly required: readonly string[]
  private readonly limit: SeriesLimit
  /** Takes what is to be dropped. */
  private nowhere: C | undefined

  protected constructor(
    options: MetricOptions<L, never, D>,
    known: object,
    part: (name: string) => TypePart<FamilyDescriptor>,
    reserved: readonly string[] | 'perWriter' = [],
  ) {
    checkMetricOptions(options, known)
    const { name: given, help, unit, labelNames, registers, collect, run = 'each' } = options
    const registries = checkRegisters(String(given), registers)
    checkMetricName(given)
    const name = `${registries[0]?.prefix ?? ''}${given}`
    checkHelp(name, help)
    checkCollect(name, collect)
    oneOf(name, 'run', run, ['each', 'serving'])
    this.home = registries[0]?.home ?? theHome()
    this.names = checkLabelNames(name, labelNames, reserved === 'perWriter' ? [this.home.workerLabel] : reserved)
    this.local = run === 'serving'
    this.required = checkRequired(name, this.names, options)
    this.collectsEach = collect !== undefined && run === 'each'
    this.defaults = checkDefaultLabels(name, this.names, options.defaultLabels)
    this.limit = checkLimit(name, options)
    this.expireAfter = checkExpireAfter(name, options.expireAfter)
    this.exemplarForm = options.enableExemplars === true
    this.name = name
    this.help = help
    this.labelNames = [...(labelNames ?? [])]
    this.collect = collect && (() => collect.call(this as never))
    const registry = registries[0]?.registryName ?? this.home.nextNameless('metric')
    const own = part(name)
    const measured = unitOf(name, own.type, unit)
    this.family = { ...own, name, help, ...measured, labelNames: this.names, registry } as FamilyDescriptor
    this.children = new Children(this.family, (texts) => this.make(this.family, this, texts))
    this.only = this.make(this.family, this, this.textsOfLabels({}))
    this.home.watchRemovals(this)
    for (const each of registries) each.registerMetric(this)
  }

  /** The child of these label values: hold it where the same values are counted often. */
  labels(...values: LabelsArguments<L, D>): C
  /** With some of the labels: a child whose own `labels()` takes the others. */
  labels<P extends object & Partial<LabelValues<L>>>(some: SomeLabels<L, P>): ChildOfSome<C, L, D, keyof P>
  // Again, for what reads the last form only: ReturnType, and the error text of the compiler.
  labels(...values: LabelsArguments<L, D>): C
  labels(...values: readonly unknown[]): C {
    const [first] = values
    const labels = typeof first === 'object' && first !== null ? (first as Labels) : this.named(values)
    const number = this.children.find(labels) || this.findOrAdd(labels)
    return number > 0 ? this.children.hold(number) : this.unnumbered(number)
  }

  /** Positional label values by their names. */
  private named(values: readonly unknown[]): Labels {
    if (values.length === this.labelNames.length)
      return Object.fromEntries(this.labelNames.map((name, i) => [name, values[i]]))
    throw new MetricsError(
      'LABEL_COUNT',
      `${this.name}: ${values.length} label values for ${this.labelNames.length} label names (${this.labelNames.join(', ')})`,
    )
  }

  /**
   * Removes one series from the whole application, or with `{ scope: 'process' }` this process's part of it. The next
   * scrape anywhere shows it; what is counted under these label values afterwards starts a fresh one.
   */
  remove(...values: LabelsArguments<L, D> | [labels: LabelValues<L, D>, options: RemoveOptions]): void {
    const [first, options] = values as readonly unknown[]
    const named = typeof first === 'object' && first !== null
    const labels = named ? (first as Labels) : this.named(values)
    this.checkNames(labels)
    const texts = this.textsOfLabels(labels)
    const filter = Object.fromEntries(this.names.map((name, i) => [name, texts[i]!]))
    this.removeAll(filter, named ? (options as RemoveOptions | undefined) : undefined)
  }

  /** Removes every series whose labels have these values, whatever the others are. */
  removeByLabels(labels: Partial<LabelValues<L>>, options?: RemoveOptions): void {
    checkFilter(this.name, labels)
    const given = Object.entries(labels as Labels)
    for (const [name] of given) if (!this.names.includes(name)) throw this.unknownLabel(name)
    this.removeAll(Object.fromEntries(given.map(([name, value]) => [name, labelText(value)])), options)
  }

  /** Removes every series. */
  clear(options?: RemoveOptions): void {
    this.removeAll({}, options)
  }

  /** Removes every series. A metric without labels stands at 0 again. */
  reset(options?: RemoveOptions): void {
    this.clear(options)
    this.start()
  }

  /** @internal Its registry has let it go: what this process counted is shown no more. */
  discard(): void {
    this.removeAll({}, { scope: 'process' })
  }

  /** @internal Somebody removed a series: its child, if there is one, is not kept for it. */
  seriesRemoved(key: SeriesKey): void {
    if (key === this.only.key) this.only.detach()
    const number = this.children.numberOf(labelValuesOf(key))
    if (number > 0) this.children.forget(number)
  }

  /** @internal Nobody has counted in it for long. */
  expire(series: LabelFilter): void {
    this.removeAll(series)
  }

  protected removeAll(filter: LabelFilter, options?: RemoveOptions): void {
    const scope = checkScope(this.name, options)
    try {
      this.store().remove(this.family, filter, scope)
    } catch (error) {
      // The store could not tell the others: the series stay, and the application's request goes on.
      this.onError(error as MetricsError)
      return
    }
    if (matches(this.names, this.only.key, filter)) this.only.detach()
    for (const number of this.children.select(filter)) this.children.forget(number)
  }

  /** Runs the metric's own `collect()`; then its samples, merged over all processes, in prom-client's shape. */
  async get(): Promise<MetricValues> {
    this.start()
    await this.collect?.()
    return this.home.read(this)
  }

  /** @internal A metric without labels is shown from the start, at 0. */
  start(): void {
    if (this.names.length === 0) this.only.open()
  }

  /** @internal */
  store(): Store {
    return this.local ? this.home.localStore() : this.home.store()
  }

  /** @internal */
  onError(error: MetricsError): void {
    this.home.onError(error)
  }

  /** @internal Throws for a series that lacks a label which it must have. */
  admit(texts: LabelTexts): void {
    const missing = this.required.filter((name) => texts[this.names.indexOf(name)] === null)
    if (missing.length === 0) return
    throw new MetricsError('LABEL_MISSING', `${this.name} cannot be counted without a value for ${missing.join(', ')}`)
  }

  /** @internal The child with more labels than one that was asked for with some. */
  childWith(texts: LabelTexts, labels: Labels): Child {
    const before = Object.fromEntries(this.names.flatMap((name, i) => (texts[i] === null ? [] : [[name, texts[i]]])))
    return this.labels({ ...before, ...labels } as LabelValues<L, D>)
  }

  /** A child of these label values; the one that moves, where there are none. */
  protected abstract make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): C

  /** The child of these label values, to count with at once: the next call may move it to others. */
  protected find(labels: Labels): C {
    return this.children.reach(labels) ?? this.findSlowly(labels)
  }

  private findSlowly(labels: Labels): C {
    const number = this.findOrAdd(labels)
    return number > 0 ? this.children.reachNumber(number) : this.unnumbered(number)
  }

  private unnumbered(number: number): C {
    return number === dropped ? this.nowhere! : this.only
  }

  /** The number of the series of these label values; `unlabelled` and `dropped` for what has none. */
  private findOrAdd(labels: Labels): number {
    if (this.checkNames(labels) === 0) return unlabelled
    return this.children.findByName(labels) || this.add(labels)
  }

  /** Throws for a label that was not declared; gives the number of labels. */
  private checkNames(labels: Labels): number {
    let given = 0
    for (const name in labels) {
      if (!this.names.includes(name)) throw this.unknownLabel(name)
      given++
    }
    return given
  }

  private textsOfLabels(labels: Labels): LabelTexts {
    return this.names.map((name) => labelText(labels[name] ?? this.defaults[name]))
  }

  private add(labels: Labels): number {
    const texts = this.textsOfLabels(labels)
    const known = this.children.numberOf(texts)
    const most = this.limit.maxSeries ?? this.home.maxSeries
    if (known === 0 && this.children.chosen() >= most) return this.beyond(most, texts)
    const number = known || this.children.add(texts)
    this.children.lead(labels, number)
    return number
  }

  /** Label values that are one too many are not kept: they would fill the memory that the limit is there to save. */
  private beyond(most: number, texts: LabelTexts): number {
    // The child without labels is always there, and seldom counts.
    if (seriesKey(texts) === this.only.key) return unlabelled
    this.home.limited(this.name)
    const { onLimit } = this.limit
    if (onLimit === 'overflow') return this.children.rest()
    if (onLimit === 'throw') {
      const text = `${this.name} has its ${most} series; (${texts.join(', ')}) would be one more: raise maxSeries, or use label values that repeat`
      throw new MetricsError('SERIES_LIMIT', text)
    }
    this.nowhere ??= this.make(this.family, this, texts)
    this.nowhere.countNowhere()
    return dropped
  }

  private unknownLabel(name: string): MetricsError {
    const declared = this.labelNames.length === 0 ? 'it has none' : `declared: ${this.labelNames.join(', ')}`
    return new MetricsError(
      'LABEL_UNKNOWN',
      `${this.name} has no label "${name}" (${declared}); add it to labelNames or leave it out`,
    )
  }
}

/** In place of a number: of the series without labels, and of what is counted nowhere. */
const unlabelled = 0
const dropped = -1
