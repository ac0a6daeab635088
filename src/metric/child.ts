import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { type Exemplar, fitsExemplar, longestExemplar } from '../model/exemplar.js'
import { type ExemplarLabels, type LabelSet, labelText } from '../model/label-set.js'
import { type SeriesKey, seriesKey } from '../model/series-key.js'
import { type LabelTexts, refOf, type SeriesRef } from '../model/series-ref.js'
import { monotonicNow } from '../platform/timers.js'
import type { Slots, Store } from '../store/contract.js'
import type { Counting } from './context.js'
import type { LabelValues } from './options.js'
import { noWindow, type SlotWindow, windowOf } from './slot-window.js'

/** The metric of a child. */
export interface ChildOwner extends Omit<Counting, 'store'> {
  /** Returns the store in which a series is currently counted. */
  storeOf(series: SeriesRef): Store
  /** Returns the child with further labels, of a child that has some. */
  childWith(texts: LabelTexts, labels: Readonly<Record<string, unknown>>): Child
  /**
   * Returns the series to count in: this one, or the overflow series if the metric has reached its limit; undefined to
   * drop the count. Called only before a series is opened.
   *
   * @throws MetricsError `LABEL_MISSING`, `SERIES_LIMIT`
   */
  admit(series: SeriesRef): SeriesRef | undefined
  readonly children: Siblings
  /** Stores exemplars that follow soon after another one of their bucket; without it they are dropped. */
  readonly latestExemplars?: ExemplarKeeper
}

interface ExemplarKeeper {
  /** @param exemplar undefined once the store has got a later one */
  keep(series: SeriesRef, bucket: number, exemplar: Exemplar | undefined): void
}

/** What a child needs from the metric's series. */
interface Siblings {
  textsOf(number: number): LabelTexts
  /** Looks a series up by its label values. */
  refTo(texts: LabelTexts): SeriesRef
  /** Whether the metric has counted in the series with this number. */
  counts(number: number): boolean
  /** Moves a child to a series that is open already. */
  join(child: Child, number: number, held: boolean): boolean
  /** Returns the same series with a number that stays until it is released. */
  retain(series: SeriesRef): SeriesRef
  release(series: SeriesRef): void
  /** Records an opened series for the next child. */
  opened(series: SeriesRef, window: SlotWindow, at: number, child?: Child): void
  /** Slots that are never read. */
  nowhere(): Slots
  /** Returns when each bucket of a series got its last exemplar, by `performance.now()`. */
  exemplifiedIn(number: number): Map<number, number>
}

/** Milliseconds between two exemplars of one bucket. */
const exemplarInterval = 100

/**
 * The handle of one series, which an application may keep forever. A metric also has one shared child that moves from
 * series to series.
 *
 * A child opens its slots at the first write, so creating a child shows nothing yet (as in prom-client). Each write
 * compares the gate with its value at opening: they differ before the first write, and after any process has removed
 * series.
 */
export abstract class Child {
  // Copies of the window's properties, which save a kept child one step to its slots.
  /** @internal */
  protected values: Float64Array = noWindow.values
  /** @internal */
  protected words: Int32Array = noWindow.words
  /** @internal */
  protected gate: Int32Array = noWindow.gate
  /** @internal */
  protected seen = noWindow.seen
  /** @internal */
  protected at = 0
  /** @internal */
  protected window: SlotWindow = noWindow
  private number = 0
  /** For the shared child: the series, if the metric has not counted in it. */
  private sought: SeriesRef = refOf([])
  private exemplified: Map<number, number> | undefined

  /**
   * @internal
   * @param labelTexts its label values; undefined for the shared child
   */
  constructor(
    /** @internal */
    protected readonly family: FamilyDescriptor,
    private readonly owner: ChildOwner,
    private readonly labelTexts?: LabelTexts,
  ) {}

  /** @internal The label values that were passed to `labels()`. */
  get texts(): LabelTexts {
    return this.labelTexts ?? (this.number > 0 ? this.owner.children.textsOf(this.number) : this.sought.labelValues)
  }

  /** The series of these label values. */
  private get series(): SeriesRef {
    if (this.labelTexts !== undefined) return this.owner.children.refTo(this.labelTexts)
    return this.number > 0 ? this.counted : this.sought
  }

  /** The series of the last count, which is the overflow series above the metric's limit. */
  private get counted(): SeriesRef {
    const { number } = this
    return number > 0 ? { number, labelValues: this.owner.children.textsOf(number) } : refOf(this.texts)
  }

  /** @internal */
  get key(): SeriesKey {
    return seriesKey(this.texts)
  }

  /** @internal The key of the series of the last count. */
  protected get countedKey(): SeriesKey {
    return seriesKey(this.counted.labelValues)
  }

  /** @internal Whether this process has counted in the series. */
  protected get isCounted(): boolean {
    return this.owner.children.counts(this.series.number)
  }

  /** @internal Moves the child to the series of this number and its slots. */
  moveTo(number: number, window: SlotWindow, at: number): void {
    this.number = number
    this.at = at
    // Most series of a metric are in the same window.
    if (window !== this.window) this.enter(window)
  }

  /** @internal Moves the child to a series without a count, which needs no slots before its first count. */
  seek(series: SeriesRef): void {
    this.number = 0
    this.sought = series
    this.enter(noWindow)
  }

  private enter(window: SlotWindow): void {
    this.window = window
    this.values = window.values
    this.words = window.words
    this.gate = window.gate
    this.seen = window.seen
  }

  /** @internal Finds the slots again: before the first write, and after the gate has changed. */
  open(): void {
    const { children } = this.owner
    const requestedSeries = this.series
    const series = this.owner.admit(requestedSeries)
    // Not if another series receives the counts of this child.
    const held = series !== undefined && series.labelValues === this.labelTexts
    if (series !== undefined && children.join(this, series.number, held)) return
    const store = this.owner.storeOf(series ?? requestedSeries)
    // The gate is read first, so that a removal during opening makes the next write open the series again.
    const { gate } = store
    const seen = Atomics.load(gate, 0)
    if (series === undefined) {
      const slots = children.nowhere()
      this.moveTo(0, windowOf(slots, gate, seen), this.countedAt(slots))
    } else this.openIn(store, children.retain(series), seen, held)
  }

  private openIn(store: Store, series: SeriesRef, seen: number, held: boolean): void {
    const { children } = this.owner
    try {
      const slots = store.open(this.family, series)
      const window = windowOf(slots, store.gate, seen)
      const at = this.countedAt(slots)
      children.opened(series, window, at, held ? this : undefined)
      // Opening may report an error, and `onError` may count. This child has then moved to another series meanwhile,
      // and moves back.
      this.moveTo(series.number, window, at)
    } finally {
      children.release(series)
    }
  }

  /** @internal Stores an exemplar: at most one per bucket and tenth of a second, which limits the cost. */
  protected exemplify(bucket: number, value: number, exemplarLabels: ExemplarLabels): void {
    const now = monotonicNow()
    const last =
      this.labelTexts === undefined ? this.owner.children.exemplifiedIn(this.number) : (this.exemplified ??= new Map())
    const soon = now - (last.get(bucket) ?? Number.NEGATIVE_INFINITY) < exemplarInterval
    const { latestExemplars } = this.owner
    if (soon && latestExemplars === undefined) return
    let labels: LabelSet | undefined
    try {
      labels = present(this.family.name, exemplarLabels)
    } catch (fault) {
      // The count itself is valid, and stays.
      this.owner.onError(fault as MetricsError)
    }
    // A request without a trace has no exemplar.
    if (labels === undefined) return
    if (!soon) last.set(bucket, now)
    const exemplar = { labels, value, timestamp: Date.now() / 1000 }
    const series = this.counted
    if (!fitsExemplar(labels)) this.owner.onError(tooLong(this.family.name))
    else {
      latestExemplars?.keep(series, bucket, soon ? exemplar : undefined)
      if (!soon) this.owner.storeOf(series).setExemplar(this.family, series, bucket, exemplar)
    }
  }

  /** Returns the child with these labels in addition to those of this child. */
  labels(more: Partial<LabelValues<string>>): this {
    return this.owner.childWith(this.texts, more) as this
  }

  /** @internal Forgets the slots, so that the next write begins a new series. */
  detach(): void {
    this.enter(noWindow)
  }

  /** @internal Returns the slot that the methods change, or from which they find theirs. */
  protected countedAt(slots: Slots): number {
    return slots.at
  }
}

/** Returns the labels that have a value; undefined if none has. */
function present(metric: string, exemplarLabels: Readonly<Record<string, unknown>>): LabelSet | undefined {
  if (typeof exemplarLabels !== 'object') return undefined
  const labels: Record<string, string> = {}
  let some = false
  for (const name of Object.keys(exemplarLabels)) {
    const text = labelText(`an exemplar of ${metric}`, name, exemplarLabels[name])
    if (text === null) continue
    labels[name] = text
    some = true
  }
  return some ? labels : undefined
}

function tooLong(name: string): MetricsError {
  const text = `an exemplar of ${name} was dropped: its labels are longer than ${longestExemplar} characters together`
  return new MetricsError('EXEMPLAR_TOO_LONG', text)
}
