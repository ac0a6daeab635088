import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { checkLabelNames } from '../model/label-set.js'
import { checkHelp, checkMetricName, describe, unitOf } from '../model/metric-name.js'
import {
  exactFilter,
  exactKey,
  type LabelFilter,
  labelValuesOf,
  matches,
  type SeriesKey,
  seriesKey,
} from '../model/series-key.js'
import type { Store } from '../store/backend.js'
import type { Child, ChildOwner } from './child.js'
import { Children, type Labels } from './children.js'
import {
  checkCollect,
  checkDefaultLabels,
  checkExpireAfter,
  checkLimit,
  checkRegisters,
  checkRequired,
  oneOf,
  type SeriesLimit,
} from './definition.js'
import { type Home, theHome } from './home.js'
import type { MetricValues } from './metric-values.js'
import type { LabelsArguments, LabelValues, MetricOptions, RemoveOptions } from './options.js'

/** What the type of a metric adds to the common part of its descriptor. */
export type TypePart<F extends FamilyDescriptor> = Omit<F, 'name' | 'help' | 'labelNames' | 'registry' | 'unit'>

/** A metric of any type: its definition, its children by label values, and what all types do alike. */
export abstract class LabelledMetric<L extends string, C extends Child> implements ChildOwner {
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
  private readonly children: Children<C>
  private readonly defaults: Labels
  private readonly required: readonly string[]
  private readonly limit: SeriesLimit
  /** Takes what is to be dropped. */
  private nowhere: C | undefined

  protected constructor(
    options: MetricOptions<L, never>,
    part: (name: string) => TypePart<FamilyDescriptor>,
    reserved: readonly string[] | 'perWriter' = [],
  ) {
    if (typeof options !== 'object' || options === null) {
      throw new MetricsError(
        'OPTION_INVALID',
        `a metric is made from an object with name and help, got ${describe(options)}`,
      )
    }
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
    this.children = new Children(this.names)
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
    this.only = this.child(this.names.map((label) => labelText(this.defaults[label])))
    this.home.watchRemovals(this)
    for (const each of registries) each.registerMetric(this)
  }

  /** The child of these label values: hold it where the same values are counted often. */
  labels(...values: LabelsArguments<L>): C {
    const [first] = values
    if (typeof first === 'object' && first !== null) return this.find(first)
    if (values.length !== this.labelNames.length) {
      throw new MetricsError(
        'LABEL_COUNT',
        `${this.name}: ${values.length} label values for ${this.labelNames.length} label names (${this.labelNames.join(', ')})`,
      )
    }
    return this.find(Object.fromEntries(this.labelNames.map((name, i) => [name, values[i]])))
  }

  /**
   * Removes one series from the whole application, or with `{ scope: 'process' }` this process's part of it. The next
   * scrape anywhere shows it; what is counted under these label values afterwards starts a fresh one.
   */
  remove(...values: LabelsArguments<L> | [labels: LabelValues<L>, options: RemoveOptions]): void {
    const [first, options] = values
    const exact = typeof first === 'object' && first !== null
    const child = exact ? this.find(first as Labels) : this.labels(...(values as LabelsArguments<L>))
    this.removeAll(exactFilter(this.names, child.key), exact ? (options as RemoveOptions | undefined) : undefined)
  }

  /** Removes every series whose labels have these values, whatever the others are. */
  removeByLabels(labels: Partial<LabelValues<L>>, options?: RemoveOptions): void {
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
    const child = this.children.get(key)
    if (child !== undefined) this.forget(child)
  }

  /** @internal Nobody has counted in it for long. */
  expire(series: LabelFilter): void {
    this.removeAll(series)
  }

  protected removeAll(filter: LabelFilter, { scope = 'application' }: RemoveOptions = {}): void {
    try {
      this.store().remove(this.family, filter, scope)
    } catch (error) {
      // The store could not tell the others: the series stay, and the application's request goes on.
      this.onError(error as MetricsError)
      return
    }
    const exact = this.children.get(exactKey(this.names, filter) ?? '')
    for (const child of exact === undefined ? this.children.all() : [exact]) {
      if (matches(this.names, child.key, filter)) this.forget(child)
    }
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
  admit(key: SeriesKey): void {
    if (this.required.length === 0) return
    const values = labelValuesOf(key)
    const missing = this.required.filter((name) => values[this.names.indexOf(name)] === null)
    if (missing.length === 0) return
    throw new MetricsError('LABEL_MISSING', `${this.name} cannot be counted without a value for ${missing.join(', ')}`)
  }

  /** @internal The child with more labels than one that was asked for with some. */
  childWith(key: SeriesKey, labels: Labels): Child {
    const known = labelValuesOf(key)
    const before = Object.fromEntries(this.names.flatMap((name, i) => (known[i] === null ? [] : [[name, known[i]]])))
    return this.find({ ...before, ...labels })
  }

  protected abstract make(family: FamilyDescriptor, key: SeriesKey, owner: ChildOwner): C

  /** The child of these label values: two lookups where they are given in alphabetical order and were seen before. */
  protected find(labels: Labels): C {
    return this.children.find(labels) ?? this.findOrAdd(labels)
  }

  private findOrAdd(labels: Labels): C {
    let given = 0
    for (const name in labels) {
      if (!this.names.includes(name)) throw this.unknownLabel(name)
      given++
    }
    if (given === 0) return this.only
    return this.children.findByName(labels) ?? this.add(labels)
  }

  private add(labels: Labels): C {
    const values = this.names.map((name) => labelText(labels[name] ?? this.defaults[name]))
    const most = this.limit.maxSeries ?? this.home.maxSeries
    // The child without labels is always there, and seldom counts.
    if (this.children.size > most && this.children.get(seriesKey(values)) === undefined)
      return this.beyond(most, values)
    const child = this.child(values)
    this.children.lead(labels, child)
    return child
  }

  /** Label values that are one too many are not kept: they would fill the memory that the limit is there to save. */
  private beyond(most: number, values: readonly (string | null)[]): C {
    this.home.limited(this.name)
    const { onLimit } = this.limit
    if (onLimit === 'overflow') return this.child(values.map(() => overflowValue))
    if (onLimit === 'throw') {
      const text = `${this.name} has its ${most} series; (${values.join(', ')}) would be one more: raise maxSeries, or use label values that repeat`
      throw new MetricsError('SERIES_LIMIT', text)
    }
    this.nowhere ??= this.make(this.family, seriesKey(values), this)
    this.nowhere.countNowhere()
    return this.nowhere
  }

  private child(values: readonly (string | null)[]): C {
    const key = seriesKey(values)
    let child = this.children.get(key)
    if (child === undefined) {
      child = this.make(this.family, key, this)
      this.children.add(child)
    }
    return child
  }

  private forget(child: C): void {
    child.detach()
    if (child !== this.only) this.children.delete(child)
  }

  private unknownLabel(name: string): MetricsError {
    const declared = this.labelNames.length === 0 ? 'it has none' : `declared: ${this.labelNames.join(', ')}`
    return new MetricsError(
      'LABEL_UNKNOWN',
      `${this.name} has no label "${name}" (${declared}); add it to labelNames or leave it out`,
    )
  }
}

/** What every label of the series reads that takes what is beyond a metric's limit. */
const overflowValue = '_overflow'

/** A label's value as it is shown; null when the series lacks the label, which to Prometheus an empty one is as well. */
function labelText(value: unknown): string | null {
  return value === undefined || value === null || value === '' ? null : String(value)
}
